import Builtin
import HostApp
import PluginKit
import Testing

/// Names and formulas over bars as a table.
struct ComputedTableTests {
    private static let bars = [10.0, 11, 13, 12].enumerated().map { index, price in
        Bar(
            time: Int64(index) * 86_400_000_000_000, open: price - 1, high: price + 1, low: price - 2, close: price,
            volume: 100, instrument: InstrumentID(rawValue: 0))
    }

    private static func table(_ formulas: String...) throws -> ComputedTable {
        try ComputedTable(formulas, over: bars, plugins: Builtin.plugins)
    }

    @Test func namesColumnsByNameFormulaAndStatement() throws {
        let table = try Self.table("sma(close, 2)", "z = close - open", "elder_ray", "obv")
        #expect(table.columns == ["sma(close, 2)", "z", "elder_ray.bull", "elder_ray.bear", "obv"])
    }

    @Test func writesCSV() throws {
        let csv = try Self.table("sma(close, 2)", "z = close - open").csv
        #expect(
            csv == """
                time,"sma(close, 2)",z
                1970-01-01T00:00:00Z,,1.0
                1970-01-02T00:00:00Z,10.5,1.0
                1970-01-03T00:00:00Z,12.0,1.0
                1970-01-04T00:00:00Z,12.5,1.0

                """)
    }

    @Test func writesNDJSON() throws {
        let lines = try Self.table("ref(close, 1)").ndjson.split(separator: "\n")
        #expect(lines.first == #"{"time":"1970-01-01T00:00:00Z","ref(close, 1)":null}"#)
        #expect(lines.last == #"{"time":"1970-01-04T00:00:00Z","ref(close, 1)":13.0}"#)
    }

    @Test func saysWhatIsWrongWithAFormula() throws {
        do throws(PluginError) {
            _ = try ComputedTable(["smaa(3)"], over: Self.bars, plugins: Builtin.plugins)
            Issue.record("it is taken")
        } catch {
            #expect(error.message.hasPrefix("'smaa(3)', column 1: no function 'smaa'. Did you mean 'sma'?"))
        }
    }
}
