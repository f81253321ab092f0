import PluginKit
import PluginKitTesting

/// What is wrong with an indicator.
enum IndicatorFlaw: String, CaseIterable {
    case none, warmsUpTooLong, peeksAtThePast, forgetsInSnapshot, takesNaN, restoresWithOtherCode
    case keepsGoingInRefusal
}

/// The change of the first number over two events; with one flaw, or with none.
struct MutantIndicator<Event: TestedEvent>: Indicator {
    static var descriptor: PluginDescriptor {
        PluginDescriptor(
            kind: .indicator, name: "mutant", summary: "Change over two events.", schema: ConfigurationSchema([]),
            outputs: [OutputColumn("value", unit: "quote currency", "The change.")]
        ).reading(Event.kind)
    }
    let flaw: IndicatorFlaw
    private var older = 0.0
    private var last = 0.0
    private var count = 0

    init(_ configuration: Configuration) throws(PluginError) { self.init(.none) }

    init(_ flaw: IndicatorFlaw) { self.flaw = flaw }

    static func type(_ flaw: IndicatorFlaw) -> PluginType {
        PluginType(
            descriptor: descriptor, tier: .static, typeName: "MutantIndicator",
            maker: .indicator { (_) throws(PluginError) in MutantIndicator(flaw) }, validate: { _ in [] })
    }

    var warmUpLength: Int { flaw == .warmsUpTooLong ? 4 : 3 }

    mutating func update(_ event: Event, into row: OutputRow) -> Bool {
        row.clear()
        let number = event[keyPath: Event.fields[0].path]
        guard flaw == .takesNaN || number.magnitude < 1e150 else {
            if flaw == .keepsGoingInRefusal { last += 1 }
            return false
        }
        let close = number.magnitude < 1e150 ? number : 0
        if count >= 2 { row[0] = close - older }
        (older, last) = (last, close)
        count = min(count + 1, 2)
        return true
    }

    func peek(_ event: Event, into row: OutputRow) {
        var copy = self
        _ = copy.update(event, into: row)
        if flaw == .peeksAtThePast, count >= 2 { row[0] = last - older + 1 }
    }

    func save(to writer: inout StateWriter) {
        writer.write(flaw == .forgetsInSnapshot ? 0 : older)
        writer.write(last)
        writer.write(count)
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        do throws(PluginError) {
            let (first, second) = (try reader.readDouble(), try reader.readDouble())
            let seen = try reader.readInt(in: 0...2)
            guard first.magnitude < 1e150, second.magnitude < 1e150 else {
                throw PluginError(.corrupted, "indicator/mutant: a number is not usable. Warm up again.")
            }
            (older, last, count) = (first, second, seen)
        } catch {
            if flaw == .restoresWithOtherCode { throw PluginError(.malformed, "indicator/mutant: it cannot be read.") }
            throw error
        }
    }
}
