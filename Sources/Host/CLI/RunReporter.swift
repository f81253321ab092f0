import Glibc
import HostApp
import HostCore
import HostManifest
import HostTraining
import PluginKit
import Synchronization

/// Shows a run to whoever started it.
protocol RunReporter: Sendable {
    /// Learns which host it shows.
    func watch(_ host: Host)
    /// Takes an event.
    func take(_ event: HostEvent)
    /// Redraws what changes by itself, until cancelled.
    func refresh() async
    /// Shows what is to be the last of a run that has ended, well or not.
    func end()
}

/// Plain lines in a pipe; a progress line and a live table on a terminal.
final class TextReporter: RunReporter {
    private struct State {
        /// Pipelines that read their history.
        var loading: Set<String> = []
        var host: Host?
        var address: String?
        /// Pipelines that have not caught up.
        var left: Set<String> = []
        /// How many looks in a row found nothing left that has an answer to wait for.
        var vainLooks = 0
        /// Whether a table was drawn, with the address as it was known by then.
        var hasTable = false
        /// Whether one is to be drawn at the end of the run.
        var isTableDue = false
        var lastProgress = ContinuousClock.now
        var drawnLines = 0
        var drawnVersion: UInt64 = 0
        var isLive = false
        var isStopping = false
    }

    private let isTerminal: Bool
    private let state: Mutex<State>

    init(isTerminal: Bool) {
        self.isTerminal = isTerminal
        state = Mutex(State())
    }

    func watch(_ host: Host) {
        state.withLock { state in
            state.host = host
            state.left = Set(host.manifest.pipelines.map(\.id))
        }
    }

    func take(_ event: HostEvent) {
        switch event {
        case .loading(let pipeline):
            // Where nobody answers it begins again and again.
            let isNews = state.withLock { $0.loading.insert(pipeline).inserted }
            if isNews { Output.passing("pipeline/\(pipeline): reading history") }
        case .loaded(let pipeline, let bars, let refused):
            state.withLock { _ = $0.loading.remove(pipeline) }
            line("pipeline/\(pipeline): \(bars) bars read, \(refused) rows refused")
        case .fitting(let model, let fraction): fitting(model, fraction)
        case .searching(let model, let trial):
            let text = ModelReport.line(model, trial)
            Output.passing(isTerminal ? String(text.prefix(TerminalWindow.size.columns - 1)) : text)
        case .heldOut(let model, let figures, let looks, let firstLook):
            Output.write(ModelReport.text(model, figures, looks: looks, firstLook: firstLook))
        case .serving(let model, let isStored, let seconds):
            let how = isStored ? "stored artifact loaded" : "fitted"
            line("model/\(model): \(how) in \(Self.seconds(seconds))")
        case .notice(let message): line("note: \(PluginError.shown(message, limit: 4_000))")
        case .warning(let message): Output.warning(message)
        case .logged: break
        case .recovered(let instance): line("\(instance): works again")
        case .listening(let address, let isSecure): listening("\(isSecure ? "https" : "http")://\(address)")
        case .running: running()
        case .caughtUp(let pipeline): caughtUp(pipeline)
        case .reloaded(let report):
            if report.isGood { Output.write(report.text) } else { Output.fault(report.text) }
        case .stopping:
            state.withLock { $0.isStopping = true }
            line("stopping: what was received is still delivered")
        }
    }

    func refresh() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            if isLiveTableDue || isVain { draw() }
        }
    }

    private var isLiveTableDue: Bool {
        state.withLock { state in
            guard let host = state.host, state.isLive, !state.isStopping else { return false }
            return host.view.latest.version != state.drawnVersion
        }
    }

    /// Whether the host serves, and all it still waits for are sources that do not answer: then it says what there is. Looked at
    /// twice, as a source may fail and answer.
    private var isVain: Bool {
        state.withLock { state in
            guard let host = state.host, state.address != nil, !state.hasTable, !state.isStopping, !state.left.isEmpty,
                state.left.allSatisfy({ Self.isUnanswered($0, host) })
            else {
                state.vainLooks = 0
                return false
            }
            state.vainLooks += 1
            return state.vainLooks > 1
        }
    }

    private static func isUnanswered(_ id: String, _ host: Host) -> Bool {
        guard let pipeline = host.manifest.pipelines.first(where: { $0.id == id }) else { return true }
        let bad: Set<InstanceState> = [.degraded, .failed]
        func isBad(_ kind: ComponentKind, _ id: String) -> Bool {
            host.board.status(kind, id).map { bad.contains($0.state) } ?? false
        }
        return isBad(.pipeline, id) || host.manifest.providers(of: pipeline).allSatisfy { isBad(.provider, $0) }
    }

    /// A run that ends with its data shows its table at the end, behind what was told on the way.
    func end() { if state.withLock({ $0.isTableDue && !$0.hasTable }) { draw() } }

    /// On a terminal the table is there, and changes, while data comes in.
    private func running() {
        state.withLock { state in
            state.isLive = isTerminal && state.host.map { !$0.options.isOnce } ?? false
        }
    }

    /// The gateway starts beside the pipelines: where the table was drawn before it listened, its address follows.
    private func listening(_ address: String) {
        let isLate = state.withLock { state in
            state.address = address
            return state.hasTable
        }
        if !isTerminal { line("gateway: listening on \(address)") }
        guard isLate else { return }
        if state.withLock({ $0.isLive }) { draw() } else { Output.write(Self.serving(address)) }
    }

    private static func serving(_ address: String) -> String { "\nServing on \(address)  (Ctrl-C stops)\n" }

    private func caughtUp(_ pipeline: String) {
        let isNow = state.withLock { state in
            state.left.remove(pipeline)
            state.isTableDue = true
            return state.left.isEmpty && (state.address != nil || state.host?.options.isOnce == false)
        }
        if isNow { draw() }
    }

    /// Draws the table; a live one is drawn over the one before, and is never higher than the window.
    private func draw() {
        let (host, address) = state.withLock { state in
            state.hasTable = true
            return (state.host, state.address)
        }
        guard let host else { return }
        let version = host.view.latest.version
        let isLive = state.withLock { $0.isLive }
        let end = address.map(Self.serving) ?? ""
        let text = "\n" + ResultTable(host.view).text(in: window(isLive: isLive)) + end
        let above = state.withLock { state in
            let above = state.drawnLines
            state.drawnLines = isLive ? text.count { $0 == "\n" } : 0
            state.drawnVersion = version
            return above
        }
        Output.write((above > 0 ? "\u{1B}[\(above)A\u{1B}[J" : "") + text)
    }

    /// The space for a table; one that is drawn again leaves room for the lines around it.
    private func window(isLive: Bool) -> TableWindow {
        guard isTerminal else { return TableWindow() }
        let (columns, rows) = TerminalWindow.size
        return TableWindow(
            columns: columns, lines: isLive ? rows - 4 : nil, hasColor: Output.hasColor(on: STDOUT_FILENO))
    }

    /// A line a second in a pipe, a line that is redrawn on a terminal.
    private func fitting(_ model: String, _ fraction: Double) {
        let percent = fraction.isFinite ? Int(min(max(fraction, 0), 1) * 100) : 0
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard state.lastProgress.duration(to: now) >= (isTerminal ? .milliseconds(50) : .seconds(1)) else {
                return false
            }
            state.lastProgress = now
            return true
        }
        if isDue { Output.passing("model/\(model): fitting \(percent) %") }
    }

    private func line(_ text: String) { Output.write("\(text)\n") }

    private static func seconds(_ value: Double) -> String {
        value < 1 ? "\(Int((value * 1000).rounded())) ms" : "\((value * 10).rounded() / 10) s"
    }
}

/// One JSON object a line.
final class JSONReporter: RunReporter {
    private struct Line: Encodable {
        let event: String
        var pipeline: String?
        var model: String?
        var instance: String?
        var bars: Int?
        var refused: Int?
        var progress: Double?
        var trial: SearchProgress?
        var holdout: HoldoutFigures?
        var looks: Int?
        var isStored: Bool?
        var seconds: Double?
        var message: String?
        var address: String?
        var results: [ResultTable.Row]?
        var reload: ReloadReport?

        enum CodingKeys: String, CodingKey {
            case event, pipeline, model, instance, bars, refused, progress, seconds, message, address, results, reload
            case trial, holdout, looks
            case isStored = "is_stored"
        }
    }

    private let host = Mutex<Host?>(nil)

    func watch(_ host: Host) { self.host.withLock { $0 = host } }
    func refresh() async {}
    func end() {}
    func take(_ event: HostEvent) {
        let line: Line? =
            switch event {
            case .logged: nil
            case .loading(let pipeline): Line(event: "loading", pipeline: pipeline)
            case .loaded(let pipeline, let bars, let refused):
                Line(event: "loaded", pipeline: pipeline, bars: bars, refused: refused)
            case .fitting(let model, let progress): Line(event: "fitting", model: model, progress: progress)
            case .searching(let model, let trial): Line(event: "searching", model: model, trial: trial)
            case .heldOut(let model, let figures, let looks, _):
                Line(event: "held_out", model: model, holdout: figures, looks: looks)
            case .serving(let model, let isStored, let seconds):
                Line(event: "serving", model: model, isStored: isStored, seconds: seconds)
            case .notice(let message): Line(event: "notice", message: message)
            case .warning(let message): Line(event: "warning", message: message)
            case .recovered(let instance): Line(event: "recovered", instance: instance)
            case .listening(let address, _): Line(event: "listening", address: address)
            case .running(let pipeline): Line(event: "running", pipeline: pipeline)
            case .caughtUp(let pipeline):
                Line(
                    event: "caught_up", pipeline: pipeline,
                    results: host.withLock { $0 }.map { ResultTable($0.view).rows })
            case .reloaded(let report): Line(event: "reloaded", reload: report)
            case .stopping: Line(event: "stopping")
            }
        if let line { try? Output.json(line) }
    }
}
