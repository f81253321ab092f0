import ArgumentParser
import Builtin
import PluginKit

/// One prediction of networks of PyTorch as `model/onnx` serves them, and a row of a block of 500.
struct NetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nets")

    @Argument(help: "Folder of the files that Tests/Benchmarks/Peers/torch_nets.py wrote.") var folder: String
    @Option(help: "Predictions to time.") var calls = 20_000

    /// Names of the files, with the steps and features of their windows.
    private static let nets = [
        ("lstm", steps: 32, features: 8), ("cnn_lstm", steps: 30, features: 20),
        ("transformer", steps: 30, features: 20),
    ]

    func run() async throws {
        guard let plugin = Builtin.plugins.first(where: { $0.descriptor.id == "model/onnx" }),
            case .model(let make) = plugin.maker
        else { return }
        for (name, steps, width) in Self.nets {
            let values: [String: ConfigurationValue] = [
                "file": .text("\(folder)/\(name).onnx"), "column": .integer(-1),
            ]
            let context = PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoInstruments())
            let model = try make(Configuration(instance: "model/onnx", values: values), context)
            do { try await model.probe() } catch {
                print(error)
                return
            }
            let set = Self.windows(steps, width)
            let predictor = try model.load(
                try await model.fit(set, context: FitContext(seed: 7)), features: set.features)
            try ModelsCommand.measure(predictor, set, "net_\(name)", calls: calls)
        }
    }

    /// Windows over rows made up for measuring, as those of one instrument overlap.
    private static func windows(_ steps: Int, _ width: Int) -> TrainingSet {
        let rows = XGBoostCommand.trainingSet(rows: 1_000)
        let count = 500
        return TrainingSet(
            features: (0..<width).map { "f\($0)" }, time: steps, values: Array(rows.values.prefix(900 * width)),
            starts: Array(0..<count), labels: Array(rows.labels.prefix(count)), times: (0..<count).map { Int64($0) },
            instruments: Array(repeating: InstrumentID(rawValue: 0), count: count))
    }
}
