import LinearModel
import PluginKit
import Synchronization

struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "NONE", venue: "TEST") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

let context = PluginContext(baseDirectory: "/nowhere", stateDirectory: "/nowhere", instruments: NoInstruments())

func ridge() throws -> any Model {
    try Ridge(Configuration(instance: "model/ridge", values: ["l2": .number(1)]), context: context)
}

/// A model of one column, taken as it is or by the scale of all rows it is asked about at once.
struct BatchScaler: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "batch_scaler", summary: "Scales by what it is asked about.",
        schema: ConfigurationSchema([]), outputs: [OutputColumn("value", unit: "", "The first feature, scaled.")])

    init() {}
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] { [1] }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor { Scaled() }

    private struct Scaled: Predictor {
        let outputs = BatchScaler.descriptor.outputs

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            let values = (0..<shape.batch).map { input[$0 * shape.features] }
            let mean = values.reduce(0, +) / Double(values.count)
            for row in values.indices { output[row] = 0.001 * (values[row] - mean) }
        }
    }
}

/// A model that keeps every label it was ever shown, and finds it again by its row.
final class Remembering: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "remembering", summary: "Keeps labels between fits.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "The label.")])

    private final class Memory: Sendable { let labels = Mutex<[[Double]: Double]>([:]) }
    private let memory = Memory()

    init() {}
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func stop() async {}

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        memory.labels.withLock { labels in
            for place in 0..<set.count { labels[Array(set.window(place))] = set.labels[place] }
        }
        return [1]
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor { Knowing(memory: memory) }

    private struct Knowing: Predictor {
        let outputs = Remembering.descriptor.outputs
        let memory: Memory

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            for row in 0..<shape.batch {
                let window = (0..<shape.features).map { input[row * shape.features + $0] }
                output[row] = memory.labels.withLock { $0[window] } ?? 0
            }
        }
    }
}
