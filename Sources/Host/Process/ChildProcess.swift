import CProcessLauncher
import Dispatch
import Glibc
import HostCore
import PluginKit
import StdioProtocol
import Synchronization

/// One running process of a plugin: a thread of its own reads, writes and watches it until it ends.
///
/// Calls are numbered; each has a deadline, and a process that misses one is ended. Another process, its keeper, stands
/// between: it ends the program and all that the program started, also when the host is killed.
final class ChildProcess: Sendable {
    /// What the host does with messages that answer nothing.
    struct Hooks: Sendable {
        var log: @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
        var publish: @Sendable (String, String?, [UInt8]) -> Void = { _, _, _ in }
        var metric: @Sendable (_ name: String, _ value: Double) -> Void = { _, _ in }
        var ended: @Sendable (PluginError) -> Void = { _ in }
        /// The process has run for a while; called once.
        var steady: @Sendable () -> Void = {}
        /// A call has gone without an answer for longer than usual: says so, or `nil` once it was answered.
        var late: @Sendable (_ message: String?) -> Void = { _ in }
    }

    typealias Completion = @Sendable (Result<Message, PluginError>) -> Void
    /// Takes a message that belongs to a call and is not its end; returns what breaks the protocol.
    typealias Event = @Sendable (Message) -> String?

    struct Pending {
        let type: String
        /// How long it may take, and when that is over.
        let span: Duration
        let deadline: ContinuousClock.Instant
        let complete: Completion
        let event: Event?
        /// Whether it was told that it takes long.
        var isLate = false

        /// Whether it has taken so long that it is told; a fit and a stream last.
        func isLate(_ now: ContinuousClock.Instant, after usual: Duration) -> Bool {
            !isLate && event == nil && now > deadline - span + max(usual, span / 12)
        }
    }

    struct State {
        /// The program's input; `nil` while one writes to it, before the start and after the end.
        var input: ChildInput?
        /// Messages nobody began to write.
        var outgoing: [Message] = []
        var pending: [UInt64: Pending] = [:]
        /// Cancelled requests that were not answered yet.
        var forgotten: Set<UInt64> = []
        var lastID: UInt64 = 0
        var form = Message.FrameForm.json
        /// Whether the input is to be closed by the one who writes to it.
        var isClosing = false
        var end: PluginError?
        var isStopping = false
        var stopAt: ContinuousClock.Instant?
        var process: Int32 = 0
        var isGreeted = false
        /// When the process becomes steady; `nil` before it is greeted and once that was told.
        var steadyAt: ContinuousClock.Instant?
        /// When the process was last heard of or asked something.
        var lastSign = ChildProcess.clock.now
        /// Called once the process has ended and gave back what it held.
        var atEnd: [@Sendable () -> Void] = []
    }

    let owner: String
    let hooks: Hooks
    let limits: ProtocolLimits
    let deadlines: ProcessDeadlines
    /// Hides what the process was given in what comes back.
    let mask: SecretMask
    let state = Mutex(State())
    let bell = penstock_bell()
    static let clock = ContinuousClock()

    init(
        owner: String, hooks: Hooks, limits: ProtocolLimits = ProtocolLimits(),
        deadlines: ProcessDeadlines = ProcessDeadlines(), mask: SecretMask = SecretMask()
    ) {
        self.owner = owner
        self.hooks = hooks
        self.limits = limits
        self.deadlines = deadlines
        self.mask = mask
    }

    deinit { ProcessStart.close([bell]) }

    /// The process's number; 0 before it runs.
    var process: Int32 { state.withLock { $0.process } }

    /// Sets how frames travel from now on; an idle process is asked for signs of life from here.
    func greeted(_ form: Message.FrameForm) {
        state.withLock { state in
            state.form = form
            state.isGreeted = true
            state.steadyAt = Self.clock.now + deadlines.steady
        }
    }

    /// Whether calls of the process give what they should: it becomes steady only while they do.
    func works(_ works: Bool) {
        state.withLock { $0.steadyAt = works ? Self.clock.now + deadlines.steady : nil }
    }

    /// Asks a process that is asked nothing else, or only streams, whether it still answers.
    ///
    /// One that is busy with a call is judged by the deadline of that call.
    func beat(_ now: ContinuousClock.Instant) {
        let isDue = state.withLock { state in
            state.isGreeted && !state.isStopping && now - state.lastSign > deadlines.heartbeat
                && state.pending.values.allSatisfy { $0.type == "start" }
        }
        if isDue { send("ping", within: deadlines.call) { _ in } }
        let isSteady = state.withLock { state in
            guard let steadyAt = state.steadyAt, now > steadyAt, !state.isStopping else { return false }
            state.steadyAt = nil
            return true
        }
        if isSteady { hooks.steady() }
        tellLate(now)
    }

    /// Tells of a call that takes long, once.
    private func tellLate(_ now: ContinuousClock.Instant) {
        let late = state.withLock { state -> Pending? in
            guard !state.isStopping else { return nil }
            let found = state.pending.first { $0.value.isLate(now, after: deadlines.late) }
            if let found { state.pending[found.key]?.isLate = true }
            return found?.value
        }
        guard let late else { return }
        hooks.late("\(owner): '\(late.type)' is not answered; its process is ended after \(late.span.inWords).")
    }

    /// Sends a request; `complete` is called once, on the process's thread.
    @discardableResult func send(
        _ type: String, _ body: [String: JSONValue] = [:], frames: [Frame] = [], within span: Duration,
        event: Event? = nil, complete: @escaping Completion
    ) -> UInt64 {
        let deadline = Self.clock.now + span
        let outcome: Result<UInt64, PluginError> = state.withLock { state in
            if let end = state.end { return .failure(end) }
            state.lastID += 1
            state.lastSign = Self.clock.now
            state.pending[state.lastID] = Pending(
                type: type, span: span, deadline: deadline, complete: complete, event: event)
            state.outgoing.append(Message(type, id: state.lastID, body, frames: frames))
            return .success(state.lastID)
        }
        switch outcome {
        case .success(let id):
            write()
            return id
        case .failure(let error):
            complete(.failure(error))
            return 0
        }
    }

    /// Sends a message nobody answers; dropped where the process has ended.
    func tell(_ type: String, id: UInt64 = 0, _ body: [String: JSONValue] = [:]) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.outgoing.append(Message(type, id: id, body))
        }
        write()
    }

    /// Sends a request and blocks this thread until the answer or the deadline.
    func call(
        _ type: String, _ body: [String: JSONValue] = [:], frames: [Frame] = [], within span: Duration
    ) throws(PluginError) -> Message {
        let answer = Mutex<Result<Message, PluginError>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        send(type, body, frames: frames, within: span) { result in
            answer.withLock { $0 = result }
            isDone.signal()
        }
        isDone.wait()
        return try (answer.withLock { $0 } ?? .failure(gone)).get()
    }

    /// Asks the process to stop; its thread ends it by force when it does not.
    func stop(within grace: Duration) {
        state.withLock { state in
            guard state.end == nil, !state.isStopping else { return }
            state.isStopping = true
            state.stopAt = Self.clock.now + grace
            state.outgoing.append(Message("stop", id: 0))
        }
        write()
        ring()
    }

    /// Returns when the process has ended and its thread is done.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.end == nil else { return true }
                state.atEnd.append { continuation.resume() }
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Forgets a call whose caller went away; a late answer is dropped.
    func forget(_ id: UInt64) -> Pending? {
        let pending = state.withLock { state -> Pending? in
            guard let pending = state.pending.removeValue(forKey: id) else { return nil }
            state.forgotten.insert(id)
            return pending
        }
        if pending?.isLate == true { hooks.late(nil) }
        return pending
    }

    var gone: PluginError { PluginError(.transient, "\(owner): the process has ended.") }

    /// Wakes the process's thread.
    func ring() {
        var one: UInt64 = 1
        _ = Glibc.write(bell, &one, 8)
    }
}
