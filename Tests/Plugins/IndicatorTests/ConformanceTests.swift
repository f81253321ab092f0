import PluginKit
import PluginKitTesting
import Testing

/// Every indicator keeps the contract of the kit, with its defaults and with windows that are short, odd and long.
@Suite struct ConformanceTests {
    @Test(arguments: [
        "atr", "atr period=1", "bollinger_bands", "bollinger_bands period=2",
        "bollinger_bands period=47&source=typical", "ema", "ema period=1", "kdj", "kdj period=1",
        "kdj period=33&k_smoothing=1", "macd",
        "macd fast_period=1&slow_period=2&signal_period=1", "obv", "rsi", "rsi period=2", "sma", "sma period=1",
        "sma period=2&source=volume", "sma period=53", "standard_deviation", "standard_deviation period=2&sample=true",
        "volume_ratio", "volume_ratio period=1", "volume_ratio period=31", "vwap", "vwap period=1&source=low",
        "williams_r", "williams_r period=1", "williams_r period=37", "wma", "wma period=1", "wma period=41&source=high",
    ]) func keepsTheContract(subject: String) throws {
        let parts = subject.split(separator: " ").map(String.init)
        let configuration = try Subjects.configuration(parts[0], parts.count > 1 ? parts[1] : "")
        let bars = Array(try RealBars.load()[1_000..<1_170])
        let type = try Subjects.type(parts[0])
        #expect(findings(type, configuration, bars) == [])
    }

    @Test(arguments: [
        ("atr", "high low close"), ("bollinger_bands", "close"), ("ema", "close"), ("kdj", "high low close"),
        ("macd", "close"), ("obv", "close volume"), ("rsi", "close"), ("sma", "close"),
        ("standard_deviation", "close"), ("volume_ratio", "volume"), ("vwap", "high low close volume"),
        ("williams_r", "high low close"), ("wma", "close"),
    ]) func refusesNaNInExactlyTheFieldsItReads(name: String, fields: String) throws {
        let paths: [(String, WritableKeyPath<Bar, Double>)] = [
            ("open", \.open), ("high", \.high), ("low", \.low), ("close", \.close), ("volume", \.volume),
            ("amount", \.amount),
        ]
        let configuration = try Subjects.configuration(name)
        let bars = Array(try RealBars.load()[..<1])
        let type = try Subjects.type(name)
        let refused = try paths.filter { try refuses(type, configuration, bars, $0.1) }.map(\.0)
        #expect(refused.joined(separator: " ") == fields)
    }

    @Test func findsAnIndicatorThatBreaksTheContract() throws {
        let bars = Array(try RealBars.load()[..<60])
        let configuration = Configuration(instance: "indicator/careless", values: [:])
        let checks = Set(IndicatorConformance<Careless>(configuration, events: bars).findings().map(\.check))
        let expected: Set = ["warmUp", "refusal", "chunking", "copies", "peek", "damagedSnapshot", "extremeInput"]
        #expect(checks.isSuperset(of: expected), "found only \(checks.sorted())")
    }

    private func findings<I: Indicator<Bar>>(
        _ type: I.Type, _ configuration: Configuration, _ bars: [Bar]
    ) -> [ConformanceFinding] {
        IndicatorConformance<I>(configuration, events: bars).findings()
    }

    private func refuses<I: Indicator<Bar>>(
        _ type: I.Type, _ configuration: Configuration, _ bars: [Bar], _ field: WritableKeyPath<Bar, Double>
    ) throws -> Bool {
        try IndicatorConformance<I>(configuration, events: bars).refuses(field)
    }
}

/// A total that does everything wrong: shares state between copies, takes NaN, resets itself with each run, restores blindly.
private struct Careless: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "careless", summary: "Breaks the contract.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "A total.")])

    final class Shared: @unchecked Sendable {
        // Touched by one test on one thread.
        var total = 0.0
    }

    var shared = Shared()

    init(_ configuration: Configuration) throws(PluginError) {}

    var warmUpLength: Int { 3 }

    mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        shared.total += bar.close
        row[0] = shared.total
        return true
    }

    mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        shared.total = 0
        for index in run.indices { _ = update(run[index], into: rows[index]) }
    }

    func save(to writer: inout StateWriter) {
        writer.write(shared.total)
        writer.write(1)
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        shared.total = try reader.readDouble()
        _ = try reader.readInt()
    }
}
