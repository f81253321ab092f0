import PluginKit
import Testing

struct TimeframeTests {
    @Test(
        arguments: [
            ("1s", 1, Timeframe.Unit.second, 1), ("5m", 5, .minute, 300), ("1h", 1, .hour, 3_600),
            ("1d", 1, .day, 86_400), ("2w", 2, .week, 1_209_600), ("1mo", 1, .month, 2_592_000),
            ("10000d", 10_000, .day, 864_000_000),
        ])
    func readsACountAndAUnit(text: String, count: Int, unit: Timeframe.Unit, seconds: Int64) throws {
        let timeframe = try #require(Timeframe(text))
        #expect(timeframe == Timeframe(count, unit))
        #expect(timeframe.description == text)
        #expect(timeframe.nanoseconds == seconds * 1_000_000_000)
    }

    @Test(arguments: ["", "d", "1", "0d", "-1d", "10001d", "1 d", "1D", "1M", "1min", "1.5h", "٣d", "1dd"])
    func refusesOtherText(text: String) {
        #expect(Timeframe(text) == nil)
    }
}
