import Dispatch
import Glibc
package import PluginKit
import StdioProtocol
import Synchronization

/// Keeps the process of one plugin instance alive: starts it when it is needed, again after a fault, and not for ever.
///
/// The first call starts it, so a plugin nobody asks costs nothing. One that worked and ended is started again by itself
/// after the wait, or by a call after that.
package final class ProcessSession: Sendable {
    /// What an instance needs beside its command.
    package struct Setup: Sendable {
        /// The instance, as `kind/id`.
        package var owner: String
        /// Its checked options; `nil` for a process that is only described.
        package var configuration: Configuration?
        /// Options that are only asked about: no instance, but their secrets are to be hidden.
        package var judged: Configuration?
        /// What the host lends.
        package var context: PluginContext?
        /// How long to wait.
        package var deadlines = ProcessDeadlines()
        /// When to start again.
        package var restart = RestartPolicy()
        /// Learns each change of state; called on any thread.
        package var onState: @Sendable (ProcessState) -> Void = { _ in }
        /// Takes the plugin's metrics.
        package var onMetric: @Sendable (_ name: String, _ value: Double) -> Void = { _, _ in }
        /// Takes log lines where there is no context.
        package var onLog: @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }

        /// Creates a setup.
        package init(owner: String) { self.owner = owner }
    }

    /// A process that answered `configure`.
    struct Live: Sendable {
        let child: ChildProcess
        /// Counts the starts; what was loaded into an earlier one is gone.
        let generation: Int
        /// What `configure` answered.
        let answer: Message
    }

    private struct State {
        var live: Live?
        var generation = 0
        var faults: [ContinuousClock.Instant] = []
        var notBefore: ContinuousClock.Instant?
        var final: PluginError?
        var lastFault = ""
        /// Whether a process of it answered `configure` once.
        var hasLived = false
        /// States of an indicator whose last run gave nothing.
        var failing: Set<Int64> = []
        /// Runs that gave nothing since it last gave what it should for all its states.
        var failures = 0
        /// Who waits for the start that is under way; `nil` where none is.
        var waiting: [@Sendable (Result<Live, PluginError>) -> Void]?
    }

    /// What a caller who needs the process has to do.
    private enum Turn {
        case ready(Result<Live, PluginError>)
        /// To start it; others wait for that.
        case start
        /// To wait for the start that is under way.
        case wait
    }

    let setup: Setup
    let command: ProcessCommand
    private let state = Mutex(State())

    package init(_ command: ProcessCommand, _ setup: Setup) {
        var command = command
        // An instance's own files are where the host keeps those of the instance.
        if let context = setup.context { command.stateDirectory = ProcessCommand.absolute(context.stateDirectory) }
        self.command = command
        self.setup = setup
    }

    deinit {
        let wasStopped = state.withLock { state in
            state.live?.child.stop(within: setup.deadlines.stop)
            return state.final?.code == .cancelled
        }
        if !wasStopped { setup.onState(.stopped) }
    }

    /// The process's number, for messages; `nil` where none runs.
    package var process: Int32? { state.withLock { $0.live?.child.process } }

    /// The process where one runs; starts nothing.
    var running: Live? { state.withLock { $0.live } }

    /// Returns the running process; starts it where it may, which blocks this thread until it answered `configure`.
    func live() throws(PluginError) -> Live {
        let answer = Mutex<Result<Live, PluginError>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        let turn = turn { result in
            answer.withLock { $0 = result }
            isDone.signal()
        }
        switch turn {
        case .ready(let result): return try result.get()
        case .start: return try start().get()
        case .wait:
            // Ends with the deadlines of the start.
            isDone.wait()
            return try (answer.withLock { $0 } ?? .failure(stopped)).get()
        }
    }

    /// Returns the running process without blocking a thread of the pool; a start blocks one that is not of it.
    private func liveOffPool() async throws(PluginError) -> Live {
        let result: Result<Live, PluginError> = await withCheckedContinuation { continuation in
            switch turn({ continuation.resume(returning: $0) }) {
            case .ready(let result): continuation.resume(returning: result)
            case .start: DispatchQueue.global().async { continuation.resume(returning: self.start()) }
            case .wait: break
            }
        }
        return try result.get()
    }

    /// What to do for the process; keeps `waiter` where a start is under way.
    private func turn(_ waiter: @escaping @Sendable (Result<Live, PluginError>) -> Void) -> Turn {
        state.withLock { state in
            if let final = state.final { return .ready(.failure(final)) }
            if let live = state.live { return .ready(.success(live)) }
            if state.waiting != nil {
                state.waiting?.append(waiter)
                return .wait
            }
            if let notBefore = state.notBefore, notBefore > ChildProcess.clock.now {
                let wait = notBefore - ChildProcess.clock.now
                return .ready(.failure(PluginError(.transient, state.lastFault, retryAfter: wait)))
            }
            state.waiting = []
            return .start
        }
    }

    /// Starts the process and tells those who wait.
    private func start() -> Result<Live, PluginError> {
        let result = Result { () throws(PluginError) in try launch() }
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting ?? []
        }
        for waiter in waiting { waiter(result) }
        return result
    }

    private var stopped: PluginError { PluginError(.cancelled, "\(setup.owner): it was stopped.") }

    /// Sends a request to the running process and blocks until its answer.
    func call(
        _ type: String, _ body: [String: JSONValue] = [:], frames: [Frame] = [], within span: Duration
    ) throws(PluginError) -> Message {
        try live().child.call(type, body, frames: frames, within: span)
    }

    /// Whether it may still start its process: it was neither stopped nor quarantined.
    var isUsable: Bool { state.withLock { $0.final == nil } }

    /// Ends the process; nothing starts it again. Returns when the process has ended, by force where it has to be.
    func end() async {
        let child = running?.child
        stop()
        await child?.ended()
    }

    /// Ends the process; nothing starts it again. Returns when its thread has been told.
    package func stop() {
        let live = state.withLock { state in
            state.final = stopped
            defer { state.live = nil }
            return state.live
        }
        live?.child.stop(within: setup.deadlines.stop)
        setup.onState(.stopped)
    }

    private func launch() throws(PluginError) -> Live {
        let generation = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        var hooks = ChildProcess.Hooks()
        hooks.log = setup.context?.log ?? setup.onLog
        hooks.publish = setup.context?.publish ?? hooks.publish
        hooks.metric = setup.onMetric
        hooks.ended = { [weak self] error in self?.ended(generation, error) }
        hooks.steady = { [weak self] in self?.setup.onState(.steady) }
        hooks.late = { [weak self] in self?.setup.onState($0.map { .late(reason: $0) } ?? .answered) }
        let mask = SecretMask(setup.configuration ?? setup.judged, environment: command.environment)
        let child = ChildProcess(owner: setup.owner, hooks: hooks, deadlines: setup.deadlines, mask: mask)
        child.start(command)
        do throws(PluginError) {
            let live = Live(child: child, generation: generation, answer: try greet(child))
            let isWanted = state.withLock { state in
                guard state.final == nil else { return false }
                state.live = live
                state.hasLived = true
                return true
            }
            guard isWanted else { throw stopped }
            setup.onState(.running(process: child.process))
            return live
        } catch {
            child.stop(within: setup.deadlines.stop)
            throw error
        }
    }

    private func greet(_ child: ChildProcess) throws(PluginError) -> Message {
        let hello = try hello(child)
        guard let version = hello.body["version"]?.integer, ProtocolLimits.versions.contains(version),
            let form = Message.FrameForm(rawValue: hello.body["frames_form"]?.text ?? "json")
        else { throw otherVersion("answers with \(hello.body["version"]?.integer?.description ?? "none")") }
        child.greeted(form)
        guard let configuration = setup.configuration else { return hello }
        let body: [String: JSONValue] = [
            "options": .object(configuration.values.mapValues(\.json)),
            "instance": .text(setup.owner),
            "base_directory": .text(ProcessCommand.absolute(setup.context?.baseDirectory ?? command.directory)),
            "state_directory": .text(command.stateDirectory),
        ]
        return try child.call("configure", body, within: setup.deadlines.start)
    }

    /// Asks which version the program speaks; one that speaks none of the host's says so with an error.
    private func hello(_ child: ChildProcess) throws(PluginError) -> Message {
        do throws(PluginError) {
            return try child.call("hello", Self.hello, within: setup.deadlines.start)
        } catch {
            guard error.code == .unsupported else { throw error }
            throw otherVersion("says: \(PluginError.quoted(error.message.replacing("\(setup.owner): ", with: "")))")
        }
    }

    private func otherVersion(_ what: String) -> PluginError {
        let version = ProtocolLimits.versions.map(\.description).joined(separator: ", ")
        return PluginError(
            .unsupported,
            "\(setup.owner): this host speaks version \(version) of \(ProtocolLimits.name), and its program \(what). Where the "
                + "plugin is older, update it: in Python with the host's penstock_plugin.py, in Swift by building it with the "
                + "host's PluginKit, else as docs/plugin-protocol.md says under 'Versions'. Where it is newer, update the host."
        )
    }

    private static var hello: [String: JSONValue] {
        let limits = ProtocolLimits()
        return [
            "protocol": .text(ProtocolLimits.name), "versions": .array(ProtocolLimits.versions.map { .integer($0) }),
            "forms": .texts(["binary", "json"]),
            "limits": .object([
                "line": .integer(Int64(limits.line)), "frame": .integer(Int64(limits.frame)),
                "depth": .integer(Int64(limits.depth)), "frames": .integer(Int64(limits.frames)),
                "message": .integer(Int64(limits.message)),
            ]),
        ]
    }

    /// Counts a fault: waits before the next start, or quarantines the plugin.
    private func ended(_ generation: Int, _ error: PluginError) {
        let (change, delay): (ProcessState?, Duration?) = state.withLock { state in
            guard state.final == nil, state.generation == generation else { return (nil, nil) }
            let now = ChildProcess.clock.now
            state.live = nil
            state.lastFault = error.message
            state.faults = state.faults.filter { now - $0 < setup.restart.window } + [now]
            if state.faults.count >= setup.restart.budget {
                state.final = PluginError(
                    .environment,
                    "\(setup.owner): quarantined after \(state.faults.count) faults; the last: "
                        + "\(error.message) Correct the plugin, then enable it again.")
                return (.quarantined(reason: error.message), nil)
            }
            let delay = setup.restart.delay(after: state.faults.count)
            state.notBefore = now + delay
            return (.waiting(reason: error.message, delay: delay), state.hasLived ? delay : nil)
        }
        if let change { setup.onState(change) }
        guard let delay, setup.configuration != nil else { return }
        let wait = Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18
        DispatchQueue.global().asyncAfter(deadline: .now() + wait) { [weak self] in _ = try? self?.live() }
    }

    /// Blocks this thread until a process that is away may be started again; `false` where that is after `deadline`, or
    /// where none is away.
    func waitsForStart(until deadline: ContinuousClock.Instant) -> Bool {
        let notBefore = state.withLock { $0.final == nil && $0.live == nil ? $0.notBefore : nil }
        guard let notBefore, notBefore < deadline else { return false }
        let wait = max(.zero, notBefore - ChildProcess.clock.now)
        usleep(UInt32(clamping: wait.components.seconds * 1_000_000 + wait.components.attoseconds / 1_000_000_000_000))
        return true
    }
}

extension ProcessSession {
    /// Notes that a run of a state gave nothing though the process answers.
    func failed(_ slot: Int64, _ error: PluginError) {
        let (live, count) = state.withLock { state in
            state.failing.insert(slot)
            state.failures += 1
            return (state.live, state.failures)
        }
        live?.child.works(false)
        setup.onState(.faulty(reason: error.message, count: count))
    }

    /// Notes that a run of a state gave what it should; in order again where no other gives nothing.
    func worked(_ slot: Int64) {
        let live: Live? = state.withLock { state in
            state.failing.remove(slot)
            guard state.failures > 0, state.failing.isEmpty else { return nil }
            state.failures = 0
            return state.live
        }
        live?.child.works(true)
    }

    /// Notes that a state is gone, which shows nothing of the others.
    func left(_ slot: Int64) { state.withLock { _ = $0.failing.remove(slot) } }

    /// Sends a request without blocking a thread of the pool; a cancelled task throws at once and tells the plugin.
    func ask(
        _ type: String, _ body: [String: JSONValue] = [:], frames: [Frame] = [], within span: Duration,
        event: ChildProcess.Event? = nil, began: (@Sendable (ChildProcess, UInt64) -> Void)? = nil
    ) async throws(PluginError) -> Message {
        let live = try await liveOffPool()
        let child = live.child
        let sent = Mutex<(id: UInt64, isCancelled: Bool)>((0, false))
        let result: Result<Message, PluginError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let id = child.send(type, body, frames: frames, within: span, event: event) {
                    continuation.resume(returning: $0)
                }
                let isCancelled = sent.withLock { sent in
                    sent.id = id
                    return sent.isCancelled
                }
                began?(child, id)
                if isCancelled { Self.cancel(id, child) }
            }
        } onCancel: {
            let id = sent.withLock { sent in
                sent.isCancelled = true
                return sent.id
            }
            if id != 0 { Self.cancel(id, child) }
        }
        return try result.get()
    }

    private static func cancel(_ id: UInt64, _ child: ChildProcess) {
        guard let pending = child.forget(id) else { return }
        child.tell("cancel", id: id)
        pending.complete(.failure(PluginError(.cancelled, "\(child.owner): the call was cancelled.")))
    }
}
