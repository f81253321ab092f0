import PluginKit
import StdioProtocol
import Synchronization

/// How much is kept of what an indicator in a process has seen, and how much goes in one message.
enum StateLimits {
    /// Events between two saved states.
    static let saveEvery = 1_024
    /// Events kept while the process is away; beyond it the state is lost and the indicator stays silent.
    static let journal = 65_536
    /// Events in one message.
    static let events = 65_536
    /// States in one message.
    static let states = 4_096
    /// Bytes of one saved state.
    static let bytes = 1 << 24
}

private let lastStateID = Atomic<Int64>(0)

/// What is known of one state in the plugin's process, and what is needed to make it again.
struct StateContent<Event: MarketEvent>: Sendable {
    /// Its number for the board of the session; stays the same.
    let key: Int64
    /// Its number in the process.
    var id: Int64
    /// The start of the process that has this state up to date; 0 for none.
    var generation = 0
    /// The start of the process that was told the number.
    var placed = 0
    var snapshot: [UInt8] = []
    /// Events since the snapshot.
    var journal: [Event] = []
    var isLost = false

    init() {
        id = lastStateID.add(1, ordering: .relaxed).newValue
        key = id
    }

    /// A copy: the same snapshot and journal, played into a new state at the first use.
    init(copying other: StateContent) {
        self.init()
        (snapshot, journal, isLost) = (other.snapshot, other.journal, other.isLost)
    }

    /// Takes a number that the process does not know: a number seen first means a fresh state.
    mutating func renumber() { id = lastStateID.add(1, ordering: .relaxed).newValue }
}

/// One state in the plugin's process; belongs to one value of an indicator.
final class StateSlot<Event: MarketEvent>: Sendable {
    let session: ProcessSession
    let content: Exclusive<StateContent<Event>>

    init(_ session: ProcessSession) {
        self.session = session
        content = Exclusive(StateContent())
    }

    /// A copy with a state of its own.
    init(copying other: StateSlot) {
        session = other.session
        content = Exclusive(other.content.use { StateContent(copying: $0) })
    }

    deinit {
        let content = content.take()
        session.left(content.key)
        guard content.placed > 0, let live = session.running, live.generation == content.placed else { return }
        live.child.tell("drop", ["states": .array([.integer(content.id)])])
    }

    /// The state's bytes; empty for a state that is fresh or lost.
    func saved() -> [UInt8] {
        content.use { content in
            guard !content.isLost else { return [] }
            var batch = StateBatch(session, width: 0, [content])
            defer { content = batch.contents[0] }
            guard !batch.prepare([0]).isEmpty else { return [] }
            batch.save([0])
            return batch.contents[0].journal.isEmpty ? batch.contents[0].snapshot : []
        }
    }

    /// Takes bytes of `saved`.
    func replace(_ bytes: [UInt8]) throws(PluginError) {
        try content.use { content throws(PluginError) in
            content.snapshot = bytes
            var batch = StateBatch(session, width: 0, [content])
            defer { content = batch.contents[0] }
            try batch.install([0], try session.live())
        }
    }
}
