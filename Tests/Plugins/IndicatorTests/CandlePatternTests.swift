import PluginKit
import TestSupport
import Testing

/// Every candlestick pattern, each way, on bars that were made so that each occurs; TA-Lib says where.
@Suite struct CandlePatternTests {
    private struct Row {
        let bar: Bar
        /// Patterns that TA-Lib finds at this bar, and their values.
        let found: [String: Double]
    }

    /// Reads lines of `open,high,low,close,pattern:value,pattern:value...`.
    private static func load() throws -> [Row] {
        try Repository.text("Tests/Fixtures/Indicators/candles.csv").split(separator: "\n").map { line in
            let cells = line.split(separator: ",")
            let prices = cells[..<4].map { Double($0) ?? .nan }
            let pairs = cells[4...].map { $0.split(separator: ":") }
            let bar = Bar(
                time: 0, open: prices[0], high: prices[1], low: prices[2], close: prices[3], volume: 1,
                instrument: InstrumentID(rawValue: 0))
            return Row(
                bar: bar, found: Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Double($0[1]) ?? .nan) }))
        }
    }

    @Test func findsExactlyWhatTheReferenceFinds() throws {
        let rows = try Self.load()
        let outputs = try Subjects.outputs("candle_pattern")
        let warmUpLength = try Subjects.make("candle_pattern").warmUpLength
        let values = try Subjects.rows("candle_pattern", "", rows.map(\.bar))
        for (index, row) in rows.enumerated().dropFirst(warmUpLength - 1) {
            let found = zip(outputs, values[index]).filter { $1 != 0 }.map { ($0.name, $1) }
            #expect(Dictionary(uniqueKeysWithValues: found) == row.found, "bar \(index)")
        }
    }

    @Test func everyPatternOccursInTheFixture() throws {
        let seen = Set(try Self.load().flatMap(\.found.keys))
        #expect(Set(try Subjects.outputs("candle_pattern").map(\.name)) == seen)
    }

    @Test func onePatternHasOneOutput() throws {
        #expect(try Subjects.outputs("candle_pattern", "pattern=hammer").map(\.name) == ["value"])
    }
}
