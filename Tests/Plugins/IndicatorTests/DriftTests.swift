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

    /// What an indicator's comment says has no weight leaves nothing behind: after ten thousand bars, a million times higher and a thousand
    /// times lower in turn, it gives what a fresh one gives of the last bars alone.
    @Test(arguments: Forgetting.names) func whatIsOlderThanTheWindowLeavesNothingBehind(name: String) throws {
        let wrong = try Forgetting.difference(of: Subjects.make(name), Subjects.outputs(name).map(\.name))
        #expect(wrong == nil)
    }

    @Test func findsANumberThatNeverLeaves() throws {
        #expect(Forgetting.names.count >= 50)
        let sum = try PlainSum(Configuration(instance: "indicator/plain_sum", values: [:]))
        #expect(try Forgetting.difference(of: sum, ["value"]) != nil)
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

/// Compares an indicator that has seen much with a fresh one that has seen its window.
private enum Forgetting {
    /// Those over bars whose comment says so of their warm-up.
    static let names = Subjects.plugins.filter { plugin in
        plugin.descriptor.reads == .bar
            && (try? IndicatorComment(of: plugin).row("Warm-up"))?.hasSuffix("what is older has no weight") == true
    }.map(\.descriptor.name)

    /// Says where they differ by more than 1e-9 of the value, or of a thousandth of the column's largest; `nil` where they do not.
    static func difference(of fresh: any Indicator<Bar>, _ outputs: [String]) throws -> String? {
        let real = try RealBars.load()
        let bars = [1, 1e6, 1e-3].flatMap { factor in real.map { DriftCheck.bar($0, times: factor) } }
        var seen = fresh
        let rows = Subjects.feed(bars, to: &seen, width: outputs.count)
        let ends = stride(from: bars.count - 1, to: bars.count - real.count + fresh.warmUpLength, by: -157)
        for column in outputs.indices {
            let floor = 1e-3 * (ends.map { rows[$0][column].magnitude }.filter { !$0.isNaN }.max() ?? 0)
            for end in ends {
                var alone = fresh
                let window = Array(bars[end + 1 - fresh.warmUpLength...end])
                let expected = Subjects.feed(window, to: &alone, width: outputs.count)[window.count - 1][column]
                let found = rows[end][column]
                let isSame = found.isNaN && expected.isNaN
                if !isSame, !((found - expected).magnitude <= 1e-9 * max(expected.magnitude, floor)) {
                    return "\(outputs[column]) at bar \(end): \(found), of the last bars alone \(expected)"
                }
            }
        }
        return nil
    }
}
