import PluginKit
import Testing

@testable import ExampleLinesModel

struct ExampleLinesTests {
    @Test func learnsALine() async throws {
        let model = try ExampleLines(
            Configuration(instance: "model/x", values: [:]),
            context: PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoNames()))
        let values = (0..<20).map(Double.init)
        let set = TrainingSet(
            features: ["x"], values: values, labels: values.map { 2 * $0 + 1 },
            times: values.map { Int64($0) }, instruments: values.map { _ in InstrumentID(rawValue: 0) })
        let predictor = try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: ["x"])
        var output = [0.0]
        var span = output.mutableSpan
        try predictor.predict([30].span, shape: TensorShape(batch: 1, features: 1), into: &span)
        #expect(abs(output[0] - 61) < 1e-9)
    }
}

private struct NoNames: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "X", venue: "US") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}
