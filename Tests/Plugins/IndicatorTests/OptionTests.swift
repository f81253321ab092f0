import Indicators
import PluginKit
import TestSupport
import Testing

@Suite struct OptionTests {
    @Test func macdRefusesAFastAverageThatIsNotFaster() throws {
        let configuration = try Subjects.configuration("macd", "fast_period=26")
        let faults = MACD.validate(configuration)
        #expect(faults.map(\.option) == ["fast_period"])
        #expect(faults.first?.message == "'fast_period' is 26; allowed below 'slow_period', which is 26.")
        #expect(throws: PluginError.self) { try MACD(configuration) }
        #expect(MACD.validate(try Subjects.configuration("macd")).isEmpty)
    }

    @Test func macdRefusesFixedWeightsOfOtherAverages() throws {
        let faults = MACD.validate(try Subjects.configuration("macd", "weights=fixed&slow_period=30&fast_average=sma"))
        #expect(faults.map(\.option) == ["slow_period", "fast_average"])
        #expect(faults.first?.message == "'slow_period' must be 26 where 'weights' is fixed.")
    }

    @Test func refusesAPeriodTheSchemaWouldNotLetThrough() throws {
        let error = #expect(throws: PluginError.self) { try Subjects.make("rsi", "period=1") }
        #expect(error?.code == .configuration)
        #expect(error?.message == "indicator/rsi: 'period' is 1; allowed 2...100000. Set it in plugins.yaml.")
    }

    @Test func refusesASourceThatIsNoField() throws {
        let error = #expect(throws: PluginError.self) { try Subjects.make("sma", "source=hlc3") }
        #expect(
            error?.message
                == "indicator/sma: 'source' is 'hlc3'; allowed open, high, low, close, volume, typical, "
                + "median, weighted, average. Set it in plugins.yaml.")
    }

    @Test(arguments: Subjects.names) func namesAnOptionThatIsMissing(name: String) throws {
        let plugin = try Subjects.plugin(name)
        let options = plugin.descriptor.schema.options.map(\.name)
        guard !options.isEmpty else { return }
        let empty = Configuration(instance: "indicator/x", values: [:])
        let error = #expect(throws: PluginError.self) { try Subjects.make(plugin, empty) }
        #expect(error?.code == .configuration)
        #expect(options.contains { error?.message.hasPrefix("indicator/x: '\($0)' has no value") == true })
    }

    @Test(arguments: [("sma", "period=20"), ("ema", "period=20"), ("atr", "period=14"), ("kdj", "period=9")])
    func refusesASnapshotOfAnotherPeriod(name: String, options: String) throws {
        var indicator = try Subjects.make(name, "period=21")
        _ = Subjects.feed(Array(try RealBars.load()[..<100]), to: &indicator)
        var writer = StateWriter()
        indicator.save(to: &writer)
        var other = try Subjects.make(name, options)
        var reader = StateReader(writer.bytes)
        let error = #expect(throws: PluginError.self) { try other.restore(from: &reader) }
        #expect(error?.code == .corrupted)
    }
}
