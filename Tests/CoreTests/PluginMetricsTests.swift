import HostCore
import Testing

struct PluginMetricsTests {
    @Test func theNewestNumberOfEachNameIsKept() {
        let metrics = PluginMetrics()
        metrics.set("sink/b", "rows", 1)
        metrics.set("sink/b", "rows", 2)
        metrics.set("sink/a", "lag_seconds", 0.5)
        #expect(
            metrics.samples.map { "\($0.instance) \($0.name) \($0.value)" } == [
                "sink/a lag_seconds 0.5", "sink/b rows 2.0",
            ])
        #expect(metrics.refused.isEmpty)
    }

    @Test(arguments: ["", "Rows", "a b", "a\u{1B}[2J", String(repeating: "a", count: 65), "{x=\"1\"}"])
    func aNameThatIsNotAllowedIsCountedAndDropped(name: String) {
        let metrics = PluginMetrics()
        metrics.set("sink/a", name, 1)
        #expect(metrics.samples.isEmpty)
        #expect(metrics.refused.map(\.count) == [1])
    }

    @Test func namesAreBoundedAndKnownOnesStillChange() {
        let metrics = PluginMetrics()
        for number in 0..<100 { metrics.set("sink/a", "n\(number)", Double(number)) }
        metrics.set("sink/a", "n0", 7)
        #expect(metrics.samples.count == PluginMetrics.limit)
        #expect(metrics.samples.first { $0.name == "n0" }?.value == 7)
        #expect(metrics.refused.first?.count == 100 - PluginMetrics.limit)
    }
}
