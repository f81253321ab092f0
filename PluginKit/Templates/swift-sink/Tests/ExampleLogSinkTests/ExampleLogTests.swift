import PluginKit
import Testing

@testable import ExampleLogSink

struct ExampleLogTests {
    @Test func aBarIsALine() {
        let bar = Bar(
            time: 60_000_000_000, open: 1, high: 2, low: 0.5, close: 1.5, volume: 10,
            instrument: InstrumentID(rawValue: 0))
        #expect(
            ExampleLogLines.line(bar, Instrument(code: "IBM", venue: "US")) == "IBM.US,60,1.0,2.0,0.5,1.5,10.0\n")
    }
}
