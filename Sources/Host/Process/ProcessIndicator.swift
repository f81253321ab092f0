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

    init(_ session: ProcessSession, outputs: Int) throws(PluginError) {
        let live = try session.live()
        guard let warmUp = live.answer.body["warm_up"]?.integer, (0...100_000_000).contains(warmUp) else {
            throw PluginError(.malformed, "\(session.setup.owner): 'configure' was answered without a 'warm_up'.")
        }
        self.session = session
        width = outputs
        warmUpLength = Int(warmUp)
        slot = StateSlot(session)
    }

    /// Throws: a process indicator is made by `ProcessPlugin`.
    package init(_ configuration: Configuration) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a process plugin needs its command.")
    }

    package mutating func update(_ event: Input, into row: OutputRow) -> Bool {
        own()
        guard let answer = slot.run([event], width: width) else {
            row.clear()
            return false
        }
        for column in 0..<width { row[column] = answer.values[column] }
        return !answer.refused.contains(0)
    }

    package mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        own()
        var events: [Input] = []
        events.reserveCapacity(run.count)
        for index in run.indices { events.append(run[index]) }
        let answer = slot.run(events, width: width)
        for index in 0..<events.count {
            guard let answer else {
                rows[index].clear()
                continue
            }
            for column in 0..<width { rows[index][column] = answer.values[index * width + column] }
        }
    }

    package func save(to writer: inout StateWriter) {
        let bytes = slot.saved()
        writer.write(bytes.map { Int($0) })
    }

    package mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var copy = reader
        let count = try copy.readInt(in: 0...(1 << 24))
        let bytes = try reader.readInts(count: count)
        guard bytes.allSatisfy({ (0...255).contains($0) }) else {
            throw PluginError(.corrupted, "\(session.setup.owner): its state holds no bytes.")
        }
        let fresh = StateSlot<Input>(session)
        try fresh.replace(bytes.map { UInt8($0) })
        slot = fresh
    }

    /// Gives this copy a state of its own before the first change.
    private mutating func own() {
        if !isKnownUniquelyReferenced(&slot) { slot = StateSlot(copying: slot) }
    }
}
