package import HostCore
package import PluginKit
import StdioProtocol

/// An indicator whose code runs in a process of its own; each copy of the value has its own state there.
///
/// After a fault the new process gets the last saved state and the events since, so it goes on with the same bits. While
/// the process is away outputs are NaN, and the events that pass are kept for it, up to `StateLimits.journal`.
package struct ProcessIndicator<Input: MarketEvent>: Indicator {
    private let session: ProcessSession
    private let width: Int
    private var slot: StateSlot<Input>
    package let warmUpLength: Int

    /// Stands in for every process indicator; the real descriptor is the type's.
    package static var descriptor: PluginDescriptor {
        PluginDescriptor(
            kind: .indicator, name: "process", summary: "An indicator in a process of its own.",
            schema: ConfigurationSchema([]))
    }

    /// Makes one; the columns `configure` answers must be those the host laid out.
    init(_ session: ProcessSession, outputs: [OutputColumn]) throws(PluginError) {
        let (live, owner) = (try session.live(), session.setup.owner)
        guard let warmUp = live.answer.body["warm_up"]?.integer, (0...100_000_000).contains(warmUp) else {
            throw PluginError(.malformed, "\(owner): 'configure' was answered without a 'warm_up'.")
        }
        let given = try DescriptorReading(owner: owner).columns(live.answer.body["outputs"]).map(\.name)
        guard given.isEmpty || given == outputs.map(\.name) else {
            throw PluginError(
                .malformed,
                "\(owner): 'configure' was answered with the columns \(given.prefix(8)); its description, or the answer to "
                    + "'validate', has \(outputs.map(\.name).prefix(8)). Give the same columns for the same options.")
        }
        self.session = session
        width = outputs.count
        warmUpLength = Int(warmUp)
        slot = StateSlot(session)
    }

    /// Throws: a process indicator is made by `ProcessPlugin`.
    package init(_ configuration: Configuration) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a process plugin needs its command.")
    }

    package mutating func update(_ event: Input, into row: OutputRow) -> Bool {
        own()
        guard case .done(let values, let refused) = run([event]) else {
            row.clear()
            return false
        }
        for column in 0..<width { row[column] = values[column] }
        return refused.isEmpty
    }

    package mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        own()
        for start in stride(from: 0, to: run.count, by: StateLimits.events) {
            let range = start..<min(start + StateLimits.events, run.count)
            write(self.run(range.map { run[$0] }), range, into: rows)
        }
    }

    private func run(_ events: [Input]) -> StateBatch<Input>.Outcome {
        slot.content.use { content in
            var batch = StateBatch(session, width: width, [consume content])
            defer { content = batch.contents[0] }
            return batch.run([StateBatch.Job(state: 0, events: events)])[0]
        }
    }

    /// Writes what became of the run at these rows.
    private func write(_ outcome: StateBatch<Input>.Outcome, _ range: Range<Int>, into rows: FeatureRows) {
        for (place, row) in range.enumerated() {
            guard case .done(let values, _) = outcome else {
                rows[row].clear()
                continue
            }
            for column in 0..<width { rows[row][column] = values[place * width + column] }
        }
    }

    package func save(to writer: inout StateWriter) { writer.write(bytes: slot.saved()) }

    package mutating func restore(from reader: inout StateReader) throws(PluginError) {
        let bytes = try reader.readBytes(limit: StateLimits.bytes)
        let fresh = StateSlot<Input>(session)
        try fresh.replace(bytes)
        slot = fresh
    }

    /// Gives this copy a state of its own before the first change.
    private mutating func own() {
        if !isKnownUniquelyReferenced(&slot) { slot = StateSlot(copying: slot) }
    }
}

extension ProcessIndicator: JointIndicator {
    /// Feeds the runs with one message for each process and so many events, however many instruments there are.
    package static func update(_ states: inout [any Indicator<Input>], _ runs: [JointRun], of events: Span<Input>) {
        var taken: [(indicator: ProcessIndicator, run: JointRun)] = []
        for run in runs {
            guard let indicator = states[run.state] as? ProcessIndicator, run.events.count <= StateLimits.events else {
                let part = events.extracting(run.events)
                states[run.state].update(part, into: run.rows)
                continue
            }
            // Out of the list, so that each is the only owner of its state.
            states[run.state] = NoIndicator<Input>()
            taken.append((indicator, run))
        }
        for place in taken.indices { taken[place].indicator.own() }
        let bySession = Dictionary(grouping: taken.indices) { ObjectIdentifier(taken[$0].indicator.session) }
        for places in bySession.values.sorted(by: { $0[0] < $1[0] }) {
            update(places.map { taken[$0] }, events)
        }
        for (indicator, run) in taken { states[run.state] = indicator }
    }

    /// Feeds indicators of one process.
    private static func update(_ taken: [(indicator: ProcessIndicator, run: JointRun)], _ events: Span<Input>) {
        let first = taken[0].indicator
        let slots = taken.map(\.indicator.slot)
        var batch = StateBatch<Input>(first.session, width: first.width, slots.map { $0.content.take() })
        let outcomes = batch.run(
            taken.enumerated().map { place, item in
                StateBatch.Job(state: place, events: item.run.events.map { events[$0] })
            })
        for (slot, content) in zip(slots, batch.contents) { slot.content.put(content) }
        for (item, outcome) in zip(taken, outcomes) {
            first.write(outcome, 0..<item.run.events.count, into: item.run.rows)
        }
    }
}

/// Stands where an indicator was taken out of a list for a moment.
private struct NoIndicator<Input: MarketEvent>: Indicator {
    static var descriptor: PluginDescriptor { ProcessIndicator<Input>.descriptor }
    let warmUpLength = 0

    init() {}
    init(_ configuration: Configuration) {}

    func update(_ event: Input, into row: OutputRow) -> Bool { false }
    func save(to writer: inout StateWriter) {}
    func restore(from reader: inout StateReader) {}
}
