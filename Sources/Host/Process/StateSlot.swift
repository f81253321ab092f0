import PluginKit
import StdioProtocol
import Synchronization

/// How much is kept of what an indicator in a process has seen.
enum StateLimits {
    /// Events between two saved states.
    static let saveEvery = 1_024
    /// Events kept while the process is away; beyond it the state is lost and the indicator stays silent.
    static let journal = 65_536
}

private let lastStateID = Atomic<Int64>(0)

/// One state in the plugin's process, with what is needed to make it again.
final class StateSlot<Event: MarketEvent>: Sendable {
    private struct Content {
        var id: Int64
        var generation = 0
        var snapshot: [UInt8] = []
        var journal: [Event] = []
        var isLost = false
    }

    private let session: ProcessSession
    private let content: Mutex<Content>

    init(_ session: ProcessSession) {
        self.session = session
        content = Mutex(Content(id: lastStateID.add(1, ordering: .relaxed).newValue))
    }

    /// A copy: the same snapshot and journal, played into a new state at the first use.
    init(copying other: StateSlot) {
        session = other.session
        var copy = other.content.withLock { $0 }
        copy.id = lastStateID.add(1, ordering: .relaxed).newValue
        copy.generation = 0
        content = Mutex(copy)
    }

    deinit {
        let (id, generation) = content.withLock { ($0.id, $0.generation) }
        session.worked(id)
        guard generation > 0, let live = session.running, live.generation == generation else { return }
        live.child.tell("drop", ["state": .integer(id)])
    }

    /// What became of a run.
    private enum Outcome {
        case done(values: [Double], refused: Set<Int64>)
        /// The process is away; it gets the events later.
        case away
        /// The process answers, but not with what was asked.
        case faulty(PluginError)
    }

    /// Runs events; `nil` where the process is away.
    ///
    /// Events that the plugin reports a fault for are refused one by one, with no values, and leave no trace in its state.
    func run(_ events: [Event], width: Int) -> (values: [Double], refused: Set<Int64>)? {
        guard !events.isEmpty else { return ([], []) }
        return content.withLock { content in
            switch attempt(events, width, &content) {
            case .done(let values, let refused):
                session.worked(content.id)
                return (values, refused)
            case .away: return nil
            case .faulty(let error):
                guard events.count == 1 else { return runEach(events, width, &content) }
                session.failed(content.id, error)
                return (Array(repeating: .nan, count: width), [0])
            }
        }
    }

    private func runEach(
        _ events: [Event], _ width: Int, _ content: inout Content
    ) -> (values: [Double], refused: Set<Int64>) {
        var values: [Double] = []
        var refused: Set<Int64> = []
        for (row, event) in events.enumerated() {
            let nothing = Array(repeating: Double.nan, count: width)
            switch attempt([event], width, &content) {
            case .done(let made, let isRefused):
                session.worked(content.id)
                values += made
                if isRefused.contains(0) { refused.insert(Int64(row)) }
            case .away: values += nothing
            case .faulty(let error):
                session.failed(content.id, error)
                values += nothing
                refused.insert(Int64(row))
            }
        }
        return (values, refused)
    }

    /// Runs events; remembers them unless the plugin reported a fault for them.
    private func attempt(_ events: [Event], _ width: Int, _ content: inout Content) -> Outcome {
        guard !content.isLost, let child = prepared(&content) else {
            remember(events, &content)
            return .away
        }
        do {
            let answer = try Self.send(events, content.id, child, session, width: width)
            remember(events, &content)
            return .done(values: answer.values, refused: answer.refused)
        } catch {
            // What the process made of these events is unknown: the next run starts from the saved state.
            let isThere = session.running?.generation == content.generation
            content.generation = 0
            guard !isThere else { return .faulty(error) }
            remember(events, &content)
            return .away
        }
    }

    /// The process with this state in it; `nil` where it is away, or will not take the state, which is told.
    private func prepared(_ content: inout Content) -> ChildProcess? {
        do {
            return try ready(&content)
        } catch {
            if session.running != nil { session.failed(content.id, error) }
            return nil
        }
    }

    /// The state's bytes; empty for a state that is fresh or lost.
    func saved() -> [UInt8] {
        content.withLock { content in
            guard !content.isLost, let child = try? ready(&content) else { return [] }
            try? keep(&content, child)
            return content.journal.isEmpty ? content.snapshot : []
        }
    }

    /// Takes bytes of `saved`.
    func replace(_ bytes: [UInt8]) throws(PluginError) {
        let result: Result<Void, PluginError> = content.withLock { content in
            content.snapshot = bytes
            return Result { () throws(PluginError) in _ = try ready(&content) }
        }
        try result.get()
    }

    private func remember(_ events: [Event], _ content: inout Content) {
        content.journal += events
        if content.journal.count >= StateLimits.saveEvery, let child = prepared(&content) {
            do { try keep(&content, child) } catch { if session.running != nil { session.failed(content.id, error) } }
        }
        guard content.journal.count > StateLimits.journal else { return }
        content.isLost = true
        content.journal = []
    }

    private func keep(_ content: inout Content, _ child: ChildProcess) throws(PluginError) {
        let answer = try child.call(
            "checkpoint", ["state": .integer(content.id)], within: session.setup.deadlines.call)
        guard let bytes = try? answer.bytes() else { return }
        content.snapshot = bytes
        content.journal = []
    }

    /// Makes sure the running process has this state: restores the snapshot and plays the journal where it has not.
    private func ready(_ content: inout Content) throws(PluginError) -> ChildProcess {
        let live = try session.live()
        guard content.generation != live.generation else { return live.child }
        let span = session.setup.deadlines.call
        // No bytes mean a fresh state.
        _ = try live.child.call(
            "restore", ["state": .integer(content.id)], frames: [.bytes(content.snapshot)], within: span)
        for start in stride(from: 0, to: content.journal.count, by: 1_024) {
            let part = Array(content.journal[start..<min(start + 1_024, content.journal.count)])
            _ = try live.child.call(
                "run", ["state": .integer(content.id)], frames: [.events(Event.batch(part))], within: span)
        }
        content.generation = live.generation
        return live.child
    }

    private static func send(
        _ events: [Event], _ id: Int64, _ child: ChildProcess, _ session: ProcessSession, width: Int
    ) throws(PluginError) -> (values: [Double], refused: Set<Int64>) {
        let answer = try child.call(
            "run", ["state": .integer(id)], frames: [.events(Event.batch(events))], within: session.setup.deadlines.call
        )
        guard let matrix = try? answer.matrix(), matrix.rows == events.count, matrix.columns == width else {
            throw PluginError(.malformed, "\(session.setup.owner): a run was answered with another shape.")
        }
        return (matrix.values, Set((answer.body["refused"]?.array ?? []).compactMap(\.integer)))
    }
}
