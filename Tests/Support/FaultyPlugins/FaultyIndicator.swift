import Glibc
import PluginKit

/// Counts the bars it has seen.
struct FaultyIndicator: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "faulty", version: "1.0.0", summary: "Breaks as it is told.", schema: Breaking.schema,
        outputs: [OutputColumn("value", unit: "", "Bars so far.")])
    private let breaking: Breaking
    private var count = 0

    init(_ configuration: Configuration) throws(PluginError) {
        breaking = try Breaking.of(configuration)
        try breaking.breakdown(in: "init")
    }

    var warmUpLength: Int {
        switch breaking.fault(in: "warm_up") {
        case "most": .max
        case "least": .min
        default: 1
        }
    }

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        row.clear()
        switch breaking.fault(in: "update") {
        case "refuse": return false
        case "infinity": row[0] = .infinity
        case "block": while true { sleep(3_600) }
        default:
            count += 1
            row[0] = Double(count)
        }
        return true
    }

    func save(to writer: inout StateWriter) { writer.write(count) }

    mutating func restore(from reader: inout StateReader) throws(PluginError) { count = try reader.readInt() }
}
