import PluginKit
import TestSupport
import Testing

/// Formulas: their values, what they share, and what is said of those that are wrong.
@Suite struct ExpressionTests {
    /// Values by pandas and TA-Lib, from the fixture `expressions.csv`.
    @Test(arguments: try Formula.all()) func equalsTheReference(formula: Formula) throws {
        let rows = try Self.rows(formula.text, RealBars.load())
        let found = formula.values.map { row, _ in rows[row][0] }
        for ((row, expected), value) in zip(formula.values, found) {
            let scale = max(expected.magnitude, formula.floor)
            #expect((value - expected).magnitude <= 1e-9 * scale, "row \(row): \(value), reference \(expected)")
        }
        #expect(rows.prefix { $0[0].isNaN }.count == formula.firstRow)
        let warmUpLength = try Self.make(formula.text).warmUpLength
        #expect(warmUpLength == formula.firstRow + 1)
    }

    /// What an expression gives has the bits of its indicators composed by hand.
    @Test func hasTheBitsOfItsParts() throws {
        let bars = Array(try RealBars.load().prefix(400))
        let strength = try Subjects.rows("rsi", "period=9&source=high", bars).map { $0[0] }
        let first = try #require(strength.firstIndex { !$0.isNaN })
        let average = try Subjects.rows("ema", "period=7", Subjects.bars(Array(strength[first...]))).map { $0[0] }
        let bands = try Subjects.rows("bollinger_bands", "period=15&deviations=3", bars)
        let rows = try Self.rows(
            "e = ema(rsi(high, 9), period=7); mix = e / bollinger_bands(15, 3).upper - bollinger_bands(15, 3).percent",
            bars, width: 2)
        for index in bars.indices.dropFirst(first + 6) {
            let expected = average[index - first]
            #expect(rows[index][0].bitPattern == expected.bitPattern)
            #expect(rows[index][1].bitPattern == (expected / bands[index][1] - bands[index][4]).bitPattern)
        }
    }

    /// The contract of the kit, for formulas with every kind of part.
    @Test(
        arguments: [
            "close - open", "where(volume > sma(volume, 5), ref(close, 2), rsi(6)) / max(high - low, 0.01)",
            "m = macd(3, 8, 4); sma(m.macd - m.signal, 3) + corr(close, log(volume), 6) * atr(5)",
            "up = max(close - ref(close, 1), 0); k = kdj(5).k", "1", "close > open and not (high == low)",
        ]) func keepsTheContract(text: String) async throws
    {
        let plugin = try Subjects.plugin("expression")
        let findings = try await Subjects.findings(plugin, Self.configuration(text), .bars)
        #expect(findings == [])
    }

    @Test func givesAColumnForEachNameWhereAllAreNamed() throws {
        let plugin = try Subjects.plugin("expression")
        #expect(
            plugin.outputs(Self.configuration("fast = ema(12);\n slow = ema(26);")).map(\.name) == ["fast", "slow"])
        let one = plugin.outputs(Self.configuration("a = ema(12); a / close"))
        #expect(one.map(\.name) == ["value"])
        #expect(one.map(\.summary) == ["a / close"])
    }

    /// Equal parts are computed once: the state is no larger than with one.
    @Test func computesEqualPartsOnce() throws {
        func size(_ text: String) throws -> Int {
            var writer = StateWriter()
            try Self.make(text).save(to: &writer)
            return writer.bytes.count
        }
        let one = try size("sma(close, 20)")
        #expect(try size("sma(20) / sma(close, period=20) + sma(source=close)") == one)
        #expect(try size("sma(20) / sma(21)") > one)
    }

    @Test(
        arguments: [
            ("smaa(close, 20)", "column 1: no function 'smaa'. Did you mean 'sma'?"),
            ("close + sma(clsoe, 20)", "column 13: no field 'clsoe'. Did you mean 'close'?"),
            (
                "ref(close, -1)",
                "column 12: 'period' of 'ref' is -1; allowed 0...100000. What comes later cannot be read."
            ),
            ("sma(close, 0)", "column 12: 'period' of 'sma' is 0; allowed 1...100000."),
            ("sma(close, 2.5)", "column 12: 'period' of 'sma' is no whole number; allowed 1...100000."),
            ("sma(close, perod=3)", "column 12: 'sma' has no option 'perod'. Did you mean 'period'?"),
            ("sma(close, 3, 4)", "column 15: 'sma' has no place for this value. It takes source, period."),
            ("sma(close, 3, period=4)", "column 22: 'period' of 'sma' is given twice."),
            ("macd(12, 26, 9)", "column 1: 'macd' gives 3 numbers: macd, signal, histogram."),
            ("macd().signl", "column 8: 'macd' has no output 'signl'. Did you mean 'signal'?"),
            ("rsi(14).value", "column 9: '.value' follows what has one value only."),
            ("macd(26, 12).signal", "column 6: macd: 'fast_period' is 26; allowed below 'slow_period', which is 12."),
            ("(close > open) + 1", "column 1: '+' takes numbers; this is a condition."),
            ("close and open", "column 1: 'and' takes conditions; this is a number."),
            ("where(close, 1, 2)", "column 7: the first value of 'where' takes conditions; this is a number."),
            ("where(close > 1, 2)", "column 1: 'where' has 2 values; allowed 3"),
            ("abs(close, open)", "column 1: 'abs' has 2 values; allowed 1, without names."),
            ("keltner_channel(log(close), 5).upper", "column 17: 'period' of 'keltner_channel' is no whole number"),
            ("bollinger_bands(20, 2, emma).upper", "column 24: 'average' of 'bollinger_bands': Did you mean"),
            ("close +", "column 8: the end stands where a value must"),
            ("close close", "column 7: 'close' cannot follow"), ("(close", "column 7: the end stands where ')' must"),
            ("a = close;\nb = a +\n  $", "line 3, column 3: '$' has no meaning here"),
            ("close = 1; close", "column 1: 'close' has a meaning already."),
            ("a = 1; close", "column 1: nothing uses 'a'."), ("1; close", "column 1: nothing uses this value."),
            ("a = 1; a = 2; a", "column 8: 'a' is there twice."), ("sma", "column 1: 'sma' is a function."),
            ("1..2", "column 3: the number 0.2 cannot follow"), ("12abc", "column 1: '12abc' is no number."),
            ("", "column 1: the end stands where a value must"),
        ]) func saysWhatIsWrongAndWhere(text: String, message: String) throws
    {
        let faults = try Subjects.plugin("expression").validate(Self.configuration(text))
        #expect(faults.count == 1)
        #expect(faults.first?.message.hasPrefix(message) == true, "it says: \(faults.first?.message ?? "nothing")")
    }

    /// Texts of random tokens and deep ones are refused or compiled; none traps.
    @Test func survivesAnyText() throws {
        let words = [
            "close", "sma", "(", ")", ",", "1", "20", "-", "+", "/", "<", "==", "=", ";", ".", "macd", "signal", "not",
            "and", "where", "ref", "é", "\n", "1e9", "period",
        ]
        var random = SeededGenerator(seed: 7)
        let plugin = try Subjects.plugin("expression")
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in
                words[Int.random(in: 0..<words.count, using: &random)]
            }
            _ = plugin.validate(Self.configuration(text.joined(separator: " ")))
        }
        for text in [
            String(repeating: "(", count: 8_000), String(repeating: "-", count: 8_000) + "1",
            "1" + String(repeating: "+1", count: 4_000), String(repeating: "abs(", count: 2_000),
            String(repeating: "x", count: 9_000),
        ] {
            #expect(plugin.validate(Self.configuration(text)).count == 1)
        }
    }

    private static func configuration(_ text: String) -> Configuration {
        Configuration(instance: "indicator/expression", values: ["expr": .text(text)])
    }

    private static func make(_ text: String) throws -> any Indicator<Bar> {
        try Subjects.make(Subjects.plugin("expression"), configuration(text))
    }

    private static func rows(_ text: String, _ bars: [Bar], width: Int = 1) throws -> [[Double]] {
        var indicator = try make(text)
        return Subjects.feed(bars, to: &indicator, width: width)
    }
}

/// A formula with reference values of some rows.
struct Formula: Sendable, CustomTestStringConvertible {
    let text: String
    let firstRow: Int
    let values: [(row: Int, value: Double)]
    /// Values nearer to 0 than this are compared as if they were this far from it: a thousandth of the largest.
    var floor: Double { 1e-3 * (values.map(\.value.magnitude).max() ?? 0) }
    var testDescription: String { text }

    static func all() throws -> [Formula] {
        try Repository.text("Tests/Fixtures/Indicators/expressions.csv").split(separator: "\n").map { line in
            let parts = line.split(separator: "|")
            let cells = parts[1].split(separator: ",")
            let values = cells.dropFirst().map { cell in
                let pair = cell.split(separator: ":")
                return (row: Int(pair[0]) ?? -1, value: Double(pair[1]) ?? .nan)
            }
            return Formula(text: String(parts[0]), firstRow: Int(cells[0]) ?? -1, values: values)
        }
    }
}
