import PluginKit
import StdioProtocol
import Synchronization

/// One state in the plugin's process, with what is needed to make it again.
final class StateSlot: Sendable {
    private struct Content {
        var id: Int64
        var generation = 0
        var snapshot: [UInt8] = []
        var journal: [Bar] = []
        var isLost = false
    }

    private static let lastID = Atomic<Int64>(0)
    private let session: ProcessSession
    private let content: Mutex<Content>

    init(_ session: ProcessSession) {
        self.session = session
        content = Mutex(Content(id: Self.lastID.add(1, ordering: .relaxed).newValue))
    }

    /// A copy: the same snapshot and journal, played into a new state at the first use.
    init(copying other: StateSlot) {
        session = other.session
        var copy = other.content.withLock { $0 }
        copy.id = Self.lastID.add(1, ordering: .relaxed).newValue
        copy.generation = 0
        content = Mutex(copy)
    }

    deinit {
        let (id, generation) = content.withLock { ($0.id, $0.generation) }
        guard generation > 0, let live = session.running, live.generation == generation else { return }
        live.child.tell("drop", ["state": .integer(id)])
    }

    /// Runs bars; `nil` where the process is away.
    func run(_ bars: [Bar], width: Int) -> (values: [Double], refused: Set<Int64>)? {
        guard !bars.isEmpty else { return ([], []) }
        return content.withLock { content in
            defer { remember(bars, &content) }
            guard !content.isLost, let child = try? ready(&content) else { return nil }
            do {
                return try Self.send(bars, content.id, child, session, width: width)
            } catch {
                // What the process made of these bars is unknown: the next run starts from the saved state.
                content.generation = 0
                return nil
            }
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

    private func remember(_ bars: [Bar], _ content: inout Content) {
        content.journal += bars
        if content.journal.count >= ProcessIndicator.saveEvery, let child = try? ready(&content) {
            try? keep(&content, child)
        }
        guard content.journal.count > ProcessIndicator.longestJournal else { return }
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
            _ = try live.child.call("run", ["state": .integer(content.id)], frames: [.bars(part)], within: span)
        }
        content.generation = live.generation
        return live.child
    }

    private static func send(
        _ bars: [Bar], _ id: Int64, _ child: ChildProcess, _ session: ProcessSession, width: Int
    ) throws(PluginError) -> (values: [Double], refused: Set<Int64>) {
        let answer = try child.call(
            "run", ["state": .integer(id)], frames: [.bars(bars)], within: session.setup.deadlines.call)
        guard let matrix = try? answer.matrix(), matrix.rows == bars.count, matrix.columns == width else {
            throw PluginError(.malformed, "\(session.setup.owner): a run was answered with another shape.")
        }
        return (matrix.values, Set((answer.body["refused"]?.array ?? []).compactMap(\.integer)))
    }
}
