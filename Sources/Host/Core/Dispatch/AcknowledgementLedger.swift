import PluginKit
import Synchronization

/// Knows which deliveries are durable in every outlet (the store and each sink), so the provider is told only then.
///
/// Each outlet reports, per partition, the last delivery it has made durable (or has dropped by its policy, which its
/// counters say). The smallest of these is what the provider may forget. Positions are told one at a time and in order; those
/// of several inputs stand in one line, since their deliveries have one numbering.
final class AcknowledgementLedger: Sendable {
    /// A place in the stream of one of the inputs.
    struct Place: Sendable, Hashable {
        let input: Int
        let position: StreamPosition
    }

    /// How far instruments are, whose events share instants.
    typealias Reached = [(instrument: InstrumentID, mark: EventMark)]

    fileprivate struct State {
        var positions: [(sequence: UInt64, place: Place, reached: Reached)] = []
        /// What of each input belongs to its next position, since those before were forgotten.
        var carried: [Reached]
        /// How far the instruments of each input are at its last acknowledged position.
        var reached: [EventMarks]
        var durable: [[UInt64]]
        var acknowledged: UInt64 = 0
        /// The last acknowledged position of each input.
        var last: [StreamPosition?]
        var isTelling = false
        /// What is to be told next, one an input at most.
        var next: [Place] = []
    }

    /// Positions kept at most; above it every second one is forgotten, which only makes the steps longer.
    private static let limit = 4_096

    private let state: Mutex<State>
    private let partitions: Int

    init(outlets: Int, partitions: Int, inputs: Int = 1) {
        state = Mutex(
            State(
                carried: Array(repeating: [], count: inputs), reached: Array(repeating: [:], count: inputs),
                durable: Array(repeating: Array(repeating: 0, count: partitions), count: outlets),
                last: Array(repeating: nil, count: inputs)))
        self.partitions = partitions
    }

    /// Makes room for outlets up to a count; a new one holds nothing back until `enter`.
    func grow(toOutlets count: Int) {
        state.withLock { state in
            while state.durable.count < count { state.durable.append(Array(repeating: .max, count: partitions)) }
        }
    }

    /// Notes that an outlet is given a partition's deliveries after this one.
    func enter(outlet: Int, partition: Int, after sequence: UInt64) {
        state.withLock { $0.durable[outlet][partition] = sequence }
    }

    /// Notes that an outlet is gone: it holds nothing back any more.
    func leave(outlet: Int) {
        state.withLock { $0.durable[outlet] = Array(repeating: .max, count: partitions) }
    }

    /// Notes a delivery before it enters the pipeline, and how far instruments are behind it.
    func begin(_ sequence: UInt64, _ position: StreamPosition, of input: Int = 0, _ reached: Reached = []) {
        state.withLock { state in
            state.positions.append((sequence, Place(input: input, position: position), reached))
            if !state.carried[input].isEmpty { state.giveCarried(to: state.positions.count - 1) }
            guard state.positions.count > Self.limit else { return }
            state.thin()
        }
    }

    /// Forgets a delivery that did not reach every partition: its position is never told.
    func abandon(_ sequence: UInt64) {
        state.withLock { $0.positions.removeAll { $0.sequence == sequence } }
    }

    /// Whether nothing that came of an input waits to be durable.
    func isAllAcknowledged(of input: Int) -> Bool {
        state.withLock { state in !state.positions.contains { $0.place.input == input } }
    }

    /// Notes where an earlier run was acknowledged; `nil` for nowhere: the stream begins at its beginning.
    func resume(_ input: Int, after position: StreamPosition?, _ reached: EventMarks = [:]) {
        state.withLock { ($0.last[input], $0.reached[input]) = (position, reached) }
    }

    /// The last acknowledged position of an input, and how far its instruments are there.
    func acknowledged(_ input: Int) -> (position: StreamPosition?, reached: EventMarks) {
        state.withLock { ($0.last[input], $0.reached[input]) }
    }

    /// Notes that an input's stream begins again; returns the position to go on after, `nil` for the beginning, and how far
    /// its instruments are there.
    ///
    /// Positions that were not acknowledged are forgotten: what they stood for comes again under new ones.
    func beginAgain(_ input: Int) -> (position: StreamPosition?, reached: EventMarks) {
        state.withLock { state in
            state.positions.removeAll { $0.place.input == input }
            state.carried[input] = []
            // A source without positions begins anew.
            let isNamed = state.last[input]?.text.isEmpty == false
            return (state.last[input], isNamed ? state.reached[input] : [:])
        }
    }

    /// Notes that an outlet is durable through a delivery; returns the position to tell its provider, if any.
    ///
    /// Who gets a position tells it, then asks `told` for the next one.
    func finish(outlet: Int, partition: Int, through sequence: UInt64) -> Place? {
        state.withLock { state in
            state.durable[outlet][partition] = max(state.durable[outlet][partition], sequence)
            let through = state.durable.map { $0.min() ?? 0 }.min() ?? 0
            guard through > state.acknowledged else { return nil }
            state.acknowledged = through
            let done = state.positions.prefix { $0.sequence <= through }
            for (_, place, reached) in done { Self.put(place, reached, &state) }
            state.positions.removeFirst(done.count)
            guard !state.isTelling, !state.next.isEmpty else { return nil }
            state.isTelling = true
            return state.next.removeFirst()
        }
    }

    /// Notes that a position was told; returns the next one to tell, if there is one by now.
    func told() -> Place? {
        state.withLock { state in
            state.isTelling = !state.next.isEmpty
            return state.next.isEmpty ? nil : state.next.removeFirst()
        }
    }

    /// A newer position of an input stands for those before it.
    private static func put(_ place: Place, _ reached: Reached, _ state: inout State) {
        state.last[place.input] = place.position
        for (instrument, mark) in reached { state.reached[place.input][instrument] = mark }
        if let index = state.next.firstIndex(where: { $0.input == place.input }) {
            state.next[index] = place
        } else {
            state.next.append(place)
        }
    }
}

extension AcknowledgementLedger.State {
    /// Forgets every second position; what it said of instruments belongs to the next one of its input.
    fileprivate mutating func thin() {
        let all = positions
        positions.removeAll(keepingCapacity: true)
        for (offset, position) in all.enumerated() {
            if offset.isMultiple(of: 2) {
                carried[position.place.input] += position.reached
            } else {
                positions.append(position)
                giveCarried(to: positions.count - 1)
            }
        }
    }

    fileprivate mutating func giveCarried(to index: Int) {
        let input = positions[index].place.input
        positions[index].reached = carried[input] + positions[index].reached
        carried[input] = []
    }
}
