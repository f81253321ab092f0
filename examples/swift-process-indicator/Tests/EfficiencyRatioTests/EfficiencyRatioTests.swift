import EfficiencyRatioIndicator
import PluginKit
import Testing

struct EfficiencyRatioTests {
    @Test func aStraightWayIsOneAndAWayBackIsZero() throws {
        #expect(try last([1, 2, 3, 4]) == 1)
        #expect(try last([1, 2, 1, 2, 1]) == 0)
        #expect(try last([5, 5, 5, 5]) == 0)
    }

    private func last(_ closes: [Double]) throws -> Double {
        var subject = try EfficiencyRatio(Configuration(instance: "indicator/er", values: ["period": .integer(2)]))
        var value = [Double.nan]
        for close in closes {
            let bar = Bar(
                time: 0, open: close, high: close, low: close, close: close, volume: 1,
                instrument: InstrumentID(rawValue: 0))
            value.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                _ = subject.update(bar, into: OutputRow(base: base, width: 1))
            }
        }
        return value[0]
    }
}
