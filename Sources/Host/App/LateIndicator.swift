import HostCore
import PluginKit

/// An indicator that may not be there yet: its columns are empty until it is, then it begins fresh.
struct LateIndicator<Input: MarketEvent>: Indicator {
    static var descriptor: PluginDescriptor {
        PluginDescriptor(
            kind: .indicator, name: "late", summary: "Stands in for an indicator that is not there yet.",
            schema: ConfigurationSchema([]))
    }
    private let slot: PluginSlot<BuiltInstance>?
    private var own: (any Indicator<Input>)?

    /// Creates one that takes what its slot builds; without a slot its columns stay empty.
    init(_ slot: PluginSlot<BuiltInstance>?) { self.slot = slot }

    init(_ configuration: Configuration) throws(PluginError) {
        throw PluginError(.unsupported, "indicator/late: the host makes it itself; no manifest can name it.")
    }

    var warmUpLength: Int { (own ?? arrived)?.warmUpLength ?? 0 }

    mutating func update(_ event: Input, into row: OutputRow) -> Bool {
        if own == nil { own = arrived }
        if let isTaken = own?.update(event, into: row) { return isTaken }
        row.clear()
        return true
    }

    mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        if own == nil { own = arrived }
        guard own == nil else {
            own?.update(run, into: rows)
            return
        }
        for index in run.indices { rows[index].clear() }
    }

    func save(to writer: inout StateWriter) {
        writer.write(own == nil ? 0 : 1)
        own?.save(to: &writer)
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        guard try reader.readInt(in: 0...1) == 1 else {
            own = nil
            return
        }
        guard var fresh = arrived else { throw slot?.absence ?? InstanceBuilder.noInstance }
        try fresh.restore(from: &reader)
        own = fresh
    }

    private var arrived: (any Indicator<Input>)? {
        guard case .indicator(let indicator)? = slot?.value else { return nil }
        return indicator as? any Indicator<Input>
    }
}

extension MarketEvent {
    /// Stands in for an indicator of events of this kind.
    static func late(_ slot: PluginSlot<BuiltInstance>?) -> any Indicator { LateIndicator<Self>(slot) }
}
