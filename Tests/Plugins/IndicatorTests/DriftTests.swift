import PluginKit
import TestSupport
import Testing

/// Running sums do not drift; `make bench` has the same over 10 million updates.
@Suite struct DriftTests {
    @Test(arguments: DriftCheck.all.map(\.name)) func afterManyUpdatesItIsThatOfTwoPasses(name: String) throws {
        let check = try #require(DriftCheck.all.first { $0.name == name })
        let error = try check.worstError(of: Subjects.plugin(name), updates: 60_000)
        #expect(error <= 1e-9)
    }

    @Test func findsASumThatAddsAndSubtracts() throws {
        let check = try #require(DriftCheck.all.first { $0.name == "rolling_sum" })
        #expect(try check.worstError(of: .indicator(PlainSum.self), updates: 20_000) > 1e-9)
    }
}

/// The sum of 20 closes as it is usually kept: what comes is added, what leaves is subtracted.
private struct PlainSum: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "plain_sum", summary: "Drifts.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "A sum.")])

    private var window: [Double] = []
    private var sum = 0.0

    init(_ configuration: Configuration) throws(PluginError) {}

    var warmUpLength: Int { 20 }

    mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        window.append(bar.close)
        sum += bar.close
        if window.count > 20 { sum -= window.removeFirst() }
        row[0] = window.count == 20 ? sum : .nan
        return true
    }

    func save(to writer: inout StateWriter) { writer.write(sum) }
    mutating func restore(from reader: inout StateReader) throws(PluginError) { sum = try reader.readDouble() }
}
