import ArgumentParser
import FoundationEssentials
import HostCore
import HostStorage
import HostTraining
import Indicators
import PluginKit
import PredictionTargets

/// What a trial of a search costs beside the fit: proposing it, judging it on three folds and storing what each found in the
/// host's database. The model's fit is one number, so all that is measured is the search.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "search")

    @Option(help: "Trials of each search.") var trials = 200
    @Option(help: "Bars that are learned from.") var bars = 1_000

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let instruments = InstrumentTable()
        let database = try StateDatabase(path: "\(folder)/penstock.db", instruments: instruments)
        defer { database.close() }
        let apple = instruments.intern(Instrument(code: "AAPL", venue: "US"))
        let options = Configuration(
            instance: "indicator/mean", values: ["period": .integer(10), "source": .text("close")])
        var data = TrainingData(
            bars: SampleRows(instrument: apple).bars(0..<bars),
            features: FeaturePlan([("mean", try SMA(options))]), instruments: instruments)
        data.computeFeatures()
        let plan = try plan(database)
        var card: ModelCard?
        let span = try await ContinuousClock().measure {
            card = ModelCard(json: try await Trainer(plan: plan).fit(data).card)
        }
        let done = (card?.search ?? []).reduce(0) { $0 + $1.trials }
        guard done == 3 * trials else { throw ValidationError("search: \(done) of \(3 * trials) trials were made.") }
        printResult("search_overhead", span.inSeconds * 1_000 / Double(done), "ms")
    }

    private func plan(_ database: StateDatabase) throws -> TrainingPlan {
        let scheme = SearchScheme(
            trials: trials,
            over: ["a", "b", "c"].map { .init($0, .numbers(0.001...1, isLog: true)) }, metric: .rankIC, stop: .none,
            folds: 3, seed: 7)
        return TrainingPlan(
            id: "bench", model: SlopeModel(slope: 1), descriptor: SlopeModel.descriptor, features: ["mean"],
            target: Target(.relativeReturn, bars: 1),
            validation: ValidationScheme(folds: 2, embargo: 5, minTrain: 50), seed: 7, threads: 1,
            search: SearchPlan(scheme: scheme, declared: [:], workers: 1, trials: database) { options in
                guard case .number(let a)? = options["a"] else { return SlopeModel(slope: 0) }
                return SlopeModel(slope: a - 0.1)
            }, configurationDigest: "bench")
    }
}

/// Predicts a multiple of the first feature; learns nothing.
private struct SlopeModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "slope", summary: "A multiple of the first feature.", schema: ConfigurationSchema([]))
    let slope: Double

    init(slope: Double) { self.slope = slope }
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { slope = 1 }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] { [] }
    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor { Slope(slope: slope) }

    private struct Slope: Predictor {
        let slope: Double
        let outputs = [OutputColumn("value", unit: "", "A multiple.")]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            for row in 0..<shape.batch { output[row] = slope * input[row * shape.features] }
        }
    }
}
