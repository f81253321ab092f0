import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Synchronization

/// Predicts `sign * first feature`, weighted by how near the option `x` is to 0.3: the nearer, the better. Notes what it learned
/// from, and fails as its options say.
struct TunedModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "tuned", summary: "",
        schema: ConfigurationSchema([.number("x", 0...1, default: 0.9, ""), .integer("n", 1...4, default: 1, "")]),
        outputs: [OutputColumn("value", unit: "", "")])

    var x = 0.9
    /// The share of a quantile that it predicts, beside which it is the further off the further `x` is from 0.3; `nil` for a mean.
    var quantile: Double?
    var fault: PluginError?
    var notes: FitNotes?

    init(x: Double, quantile: Double? = nil, fault: PluginError? = nil, notes: FitNotes? = nil) {
        (self.x, self.quantile, self.fault, self.notes) = (x, quantile, fault, notes)
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        x = try configuration.number("x")
    }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0.5)
        notes?.add(x, set.times.max() ?? 0)
        if let fault { throw fault }
        var writer = StateWriter()
        // A slope by least squares, spoiled by the distance of x from what is best.
        let pairs = zip((0..<set.count).map { set.window($0).first ?? 0 }, set.labels)
        let (top, bottom) = pairs.reduce((0.0, 1e-9)) { ($0.0 + $1.0 * $1.1, $0.1 + $1.0 * $1.0) }
        writer.write(quantile == nil ? top / bottom * (1 - abs(x - 0.3)) : 0)
        writer.write((x - 0.3) * 0.1)
        let place = quantile.map { min(set.count - 1, Int($0 * Double(set.count))) }
        writer.write(place.map { set.labels.sorted()[$0] } ?? 0)
        return writer.bytes
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        var reader = StateReader(artifact)
        return Line(
            slope: try reader.readDouble(), spoil: try reader.readDouble(), base: try reader.readDouble(),
            outputs: [OutputColumn("value", unit: "", "", role: quantile.map { .quantile($0) } ?? .value)])
    }

    private struct Line: Predictor {
        let slope: Double
        let spoil: Double
        let base: Double
        let outputs: [OutputColumn]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            for row in 0..<shape.batch {
                output[row] = base + slope * input[row * shape.features] + spoil * (row.isMultiple(of: 2) ? 1 : -1)
            }
        }
    }
}

/// What was fitted: the option and the last event time learned from.
final class FitNotes: Sendable {
    private let state = Mutex<[(x: Double, through: Int64)]>([])

    func add(_ x: Double, _ through: Int64) { state.withLock { $0.append((x, through)) } }

    var all: [(x: Double, through: Int64)] { state.withLock { $0 } }
}

/// A store in memory; after so many folds it takes no more.
final class MemoryTrials: TrialStore {
    private let state = Mutex<[SearchKey: [TrialFold]]>([:])
    private let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    func save(_ folds: [TrialFold], of search: SearchKey) async throws(PluginError) {
        let isFull = state.withLock { state in
            if state.values.reduce(0, { $0 + $1.count }) >= limit { return true }
            state[search, default: []] += folds
            return false
        }
        if isFull { throw PluginError(.environment, "trials: the disk is full.") }
    }

    func folds(of search: SearchKey) async throws(PluginError) -> [TrialFold] { state.withLock { $0[search] ?? [] } }

    /// What the search for what serves found.
    var serving: [TrialFold] {
        state.withLock { $0.first { $0.key.part.hasSuffix("serving") }?.value ?? [] }
            .sorted { ($0.trial, $0.fold) < ($1.trial, $1.fold) }
    }

    /// All that is stored, in an order of its own.
    var all: [TrialFold] {
        state.withLock { state in
            state.sorted { $0.key.part < $1.key.part }.flatMap { entry in
                entry.value.sorted { ($0.trial, $0.fold) < ($1.trial, $1.fold) }
            }
        }
    }
}

/// A plan whose model is searched.
func searchedPlan(
    _ scheme: SearchScheme, workers: Int = 2, trials: (any TrialStore)? = nil, holdout: Double = 0,
    isPerInstrument: Bool = false, quantile: Double? = nil, notes: FitNotes? = nil, fault: PluginError? = nil
) throws -> TrainingPlan {
    TrainingPlan(
        id: "next", model: TunedModel(x: 0.9, quantile: quantile, notes: notes), descriptor: TunedModel.descriptor,
        features: try names([0, 2]), target: Target(.relativeReturn, bars: 1), isPerInstrument: isPerInstrument,
        validation: ValidationScheme(folds: 3, embargo: 2, minTrain: 10, holdout: holdout), seed: 7, threads: 1,
        search: SearchPlan(
            scheme: scheme, declared: ["x": .number(0.9), "n": .integer(1)], workers: workers, trials: trials
        ) { (options) async throws(PluginError) in
            guard case .number(let x)? = options["x"] else {
                throw PluginError(.configuration, "model/next: 'x' is not there.")
            }
            return TunedModel(x: x, quantile: quantile, fault: x > 0.5 ? fault : nil, notes: notes)
        }, configurationDigest: "c0ffee")
}

/// A search of x.
func scheme(
    trials: Int = 24, metric: SearchScheme.Metric = .r2, stop: SearchScheme.Stop = .halving,
    start: SearchScheme.Start = .sobol, folds: Int = 3,
    seed: UInt64 = 5
) -> SearchScheme {
    SearchScheme(
        trials: trials, over: [.init("x", .numbers(0...1, isLog: false))], metric: metric, start: start, stop: stop,
        folds: folds, seed: seed)
}
