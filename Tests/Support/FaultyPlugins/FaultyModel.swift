import PluginKit

/// Predicts the mean of what it learned from.
struct FaultyModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "faulty", version: "1.0.0", summary: "Breaks as it is told.", schema: Breaking.schema,
        outputs: [OutputColumn("value", unit: "", "The mean.")])
    private let breaking: Breaking

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        breaking = try Breaking.of(configuration)
        try breaking.breakdown(in: "init")
    }

    func probe() async throws(PluginError) {
        if let fault = breaking.fault(in: "probe") { try await breaking.fail(fault) }
    }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        switch breaking.fault(in: "fit") {
        case "empty": return []
        case "progress": try context.checkpoint(.infinity)
        case let fault?: try await breaking.fail(fault)
        case nil: break
        }
        var writer = StateWriter()
        writer.write(set.labels.reduce(0, +) / Double(set.count))
        return writer.bytes
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try breaking.breakdown(in: "load")
        var reader = StateReader(artifact)
        return Mean(mean: try reader.readDouble(), breaking: breaking)
    }

    private struct Mean: Predictor {
        let mean: Double
        let breaking: Breaking

        var outputs: [OutputColumn] {
            let column = OutputColumn("value", unit: "", "The mean.")
            return switch breaking.fault(in: "outputs") {
            case "none": []
            case "two": [column, OutputColumn("more", unit: "", "One too many.")]
            default: [column]
            }
        }

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            switch breaking.fault(in: "predict") {
            case "nan": for index in output.indices { output[index] = .nan }
            case "nothing": return
            case let fault?: throw breaking.error(fault)
            case nil: for index in output.indices { output[index] = mean }
            }
        }
    }
}
