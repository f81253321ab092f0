import Indicators
import PluginKit
import Testing

/// Formulas over the columns of a row.
@Suite struct RowFormulaTests {
    private static func configuration(_ text: String) -> Configuration {
        Configuration(instance: "indicator/pe", values: ["derive": .text(text)])
    }

    private static func value(_ text: String, _ columns: [String: Double]) throws -> Double {
        let formula = try RowFormula(configuration(text))
        return formula.value { columns[formula.sources[$0]] ?? .nan }
    }

    @Test(arguments: [
        ("price / known.eps", 20.0), ("where(known.eps > 0, price / known.eps, 0)", 20),
        ("debt = known.debt; debt / (debt + known.equity)", 0.25), ("-log(exp(rsi14)) + max(price, 2, 3)", 45),
        ("macd.signal and 1", .nan), ("known.eps.age > 60", 1), ("price / (price - price)", .nan), ("close + 1", 8),
    ]) func givesWhatIsWritten(text: String, expected: Double) throws {
        let columns = [
            "price": 50, "known.eps": 2.5, "known.debt": 1, "known.equity": 3, "rsi14": 5, "known.eps.age": 61,
            "close": 7,
        ]
        guard RowFormula.validate(Self.configuration(text)).isEmpty else { return #expect(expected.isNaN) }
        let value = try Self.value(text, columns)
        #expect(expected.isNaN ? value.isNaN : abs(value - expected) < 1e-12)
    }

    @Test func namesItsColumnsOnce() throws {
        let formula = try RowFormula(Self.configuration("a = known.x * 2; a + known.x - b / price"))
        #expect(formula.sources == ["known.x", "b", "price"])
    }

    @Test(arguments: ["known.eps", "price"]) func aMissingColumnGivesNoValue(missing: String) throws {
        var columns = ["price": 50, "known.eps": 2.5]
        columns[missing] = .nan
        #expect(try Self.value("price / known.eps", columns).isNaN)
    }

    @Test(arguments: [
        ("sma(close, 20)", "'sma' is over bars, and this formula is over one row. Make it an indicator"),
        ("squareroot(price)", "no function 'squareroot'."), ("a = price; b = a", "it gives 2 values; allowed 1."),
        ("price > 1 > 2", "this is a condition"), ("price +", "the end stands where a value must"),
    ]) func saysWhatIsWrong(text: String, message: String) {
        let faults = RowFormula.validate(Self.configuration(text))
        #expect(faults.map(\.option) == ["derive"] && faults[0].message.contains(message), "\(faults)")
        let error = #expect(throws: PluginError.self) { try RowFormula(Self.configuration(text)) }
        #expect(error?.message.hasPrefix("indicator/pe: 'derive', column ") == true)
    }
}
