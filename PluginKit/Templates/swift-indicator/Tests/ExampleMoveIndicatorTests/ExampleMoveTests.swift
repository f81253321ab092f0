import PluginKit
import Testing

@testable import ExampleMoveIndicator

struct ExampleMoveTests {
    @Test func theMoveIsTheDifferenceOfTwoCloses() throws {
        var subject = try ExampleMove(Configuration(instance: "indicator/x", values: ["period": .integer(2)]))
        var values: [Double] = []
        for close in [5.0, 7, 6, 10] {
            let bar = Bar(
                time: 0, open: close, high: close, low: close, close: close, volume: 1,
                instrument: InstrumentID(rawValue: 0))
            var output = [0.0]
            output.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                _ = subject.update(bar, into: OutputRow(base: base, width: 1))
            }
            values += output
        }
        #expect(values.prefix(2).allSatisfy { $0.isNaN })
        #expect(values.suffix(2) == [1, 3])
    }
}
