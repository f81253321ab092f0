import Glibc
import HostApp
import HostCore
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
}

/// Plain lines in a pipe; a progress line and a live table on a terminal.
final class TextReporter: RunReporter {
    private struct State {
        /// Pipelines that read their history.
        var loading: Set<String> = []
        var host: Host?
        var address: String?
        var pipelinesLeft: Int
        /// Whether a table was drawn, with the address as it was known by then.
        var hasTable = false
        var lastProgress = ContinuousClock.now
        var drawnLines = 0
        var drawnVersion: UInt64 = 0
        var isLive = false
        var isStopping = false
    }

    private let isTerminal: Bool
    private let state: Mutex<State>

    init(isTerminal: Bool, pipelines: Int) {
        self.isTerminal = isTerminal
        state = Mutex(State(pipelinesLeft: max(1, pipelines)))
    }

    func watch(_ host: Host) { state.withLock { $0.host = host } }

    func take(_ event: HostEvent) {
        switch event {
        case .loading(let pipeline):
            // Where nobody answers it begins again and again.
            let isNews = state.withLock { $0.loading.insert(pipeline).inserted }
            if isNews { progress("pipeline/\(pipeline): reading history") }
        case .loaded(let pipeline, let bars, let refused):
            state.withLock { _ = $0.loading.remove(pipeline) }
            line("pipeline/\(pipeline): \(bars) bars read, \(refused) rows refused")
        case .fitting(let model, let fraction): fitting(model, fraction)
        case .searching(let model, let trial):
            let text = ModelReport.line(model, trial)
            if isTerminal { progress(String(text.prefix(TerminalWindow.size.columns - 1))) } else { line(text) }
        case .heldOut(let model, let figures, let looks, let firstLook):
            clearProgress()
            Output.write(ModelReport.text(model, figures, looks: looks, firstLook: firstLook))
        case .serving(let model, let isStored, let seconds):
            let how = isStored ? "stored artifact loaded" : "fitted"
            line("model/\(model): \(how) in \(Self.seconds(seconds))")
        case .notice(let message): line("note: \(PluginError.shown(message, limit: 4_000))")
        case .warning(let message):
            clearProgress()
            Output.warning(message)
        case .logged: break
        case .recovered(let instance): line("\(instance): works again")
        case .listening(let address, let isSecure): listening("\(isSecure ? "https" : "http")://\(address)")
        case .running: running()
        case .caughtUp: caughtUp()
        case .reloaded(let report):
            clearProgress()
            if report.isGood { Output.write(report.text) } else { Output.fault(report.text) }
        case .stopping:
            state.withLock { $0.isStopping = true }
            line("stopping: what was received is still delivered")
        }
    }

    func refresh() async {
        while isTerminal, !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            let isDue = state.withLock { state in
                guard let host = state.host, state.isLive, !state.isStopping else { return false }
                return host.view.latest.version != state.drawnVersion
            }
            if isDue { draw() }
        }
    }

    /// On a terminal the table is there, and changes, while data comes in.
    private func running() {
        let isLive = state.withLock { state in
            state.isLive = isTerminal && state.host.map { !$0.options.isOnce } ?? false
            return state.isLive
        }
        if isLive { clearProgress() }
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

    private func caughtUp() {
        let isLast = state.withLock { state in
            state.pipelinesLeft -= 1
            return state.pipelinesLeft <= 0
        }
        guard isLast else { return }
        clearProgress()
        draw()
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
        if isDue { progress("model/\(model): fitting \(percent) %") }
    }

    private func progress(_ text: String) {
        Output.write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    }

    private func line(_ text: String) { Output.write(isTerminal ? "\r\u{1B}[K\(text)\n" : "\(text)\n") }

    private func clearProgress() { if isTerminal { Output.write("\r\u{1B}[K") } }

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
