import HostCore
import HostTraining
import Indicators
import LinearModel
import PluginKit
import PredictionTargets
import Synchronization

let day: Int64 = 86_400_000_000_000

func id(_ number: Int) -> InstrumentID { InstrumentID(rawValue: UInt32(number)) }

func bar(_ instrument: Int, _ dayNumber: Int, close: Double) -> Bar {
    Bar(
        time: Int64(dayNumber) * day, open: close, high: close * 1.01, low: close * 0.99, close: close, volume: 100,
        instrument: id(instrument))
}

/// A repeatable source of random numbers (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

/// Random walks with a little memory; instrument i starts i days late and the last one ends after two thirds of the days.
func walks(instruments: Int, days: Int, seed: UInt64) -> [Bar] {
    var random = Seeded(seed)
    var closes = Array(repeating: 100.0, count: instruments)
    var steps = Array(repeating: 0.0, count: instruments)
    var bars: [Bar] = []
    for dayNumber in 1...days {
        for instrument in 0..<instruments where dayNumber > instrument {
            if instrument > 0, instrument == instruments - 1, dayNumber > days * 2 / 3 { continue }
            if Int.random(in: 0..<12, using: &random) == 0 { continue }
            steps[instrument] = 0.3 * steps[instrument] + Double.random(in: -0.03...0.03, using: &random)
            closes[instrument] *= 1 + steps[instrument]
            bars.append(bar(instrument, dayNumber, close: closes[instrument]))
        }
    }
    return bars
}

struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "NONE", venue: "TEST") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

let pluginContext = PluginContext(baseDirectory: "/nowhere", stateDirectory: "/nowhere", instruments: NoInstruments())

/// RSI over 5 bars, means over 3 and 8 bars.
func features() throws -> FeaturePlan {
    func options(_ period: Int) -> Configuration {
        Configuration(
            instance: "indicator/x",
            values: ["period": .integer(period), "source": .text("close"), "flat": .text("zero")])
    }
    return FeaturePlan([
        ("rsi5", try RSI(options(5))), ("sma3", try SMA(options(3))), ("sma8", try SMA(options(8))),
    ])
}

func ridge(l2: Double = 1) throws -> any Model {
    try Ridge(Configuration(instance: "model/ridge", values: ["l2": .number(l2)]), context: pluginContext)
}

func plan(
    _ model: any Model, columns: [Int] = [0, 2], target: Target = Target(.relativeReturn, bars: 1),
    isPerInstrument: Bool = false,
    validation: ValidationScheme = ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: UInt64 = 7
) throws -> TrainingPlan {
    TrainingPlan(
        id: "next", model: model, descriptor: type(of: model).descriptor, features: try names(columns),
        target: target, isPerInstrument: isPerInstrument, validation: validation, seed: seed, threads: 1,
        configurationDigest: "c0ffee")
}

/// Names of some columns of `features()`.
func names(_ columns: [Int]) throws -> [String] {
    let all = try features().schema.names
    return columns.map { all[$0] }
}

func data(_ bars: [Bar], _ plan: FeaturePlan? = nil) throws -> TrainingData {
    let table = InstrumentTable()
    for number in 0...8 { _ = table.intern(Instrument(code: "I\(number)", venue: "TEST")) }
    var data = TrainingData(bars: bars, features: try plan ?? features(), instruments: table)
    data.computeFeatures()
    return data
}

/// The labelled rows of bars with some columns of a plan.
func supervised(_ bars: [Bar], _ plan: FeaturePlan? = nil, columns: [Int], target: Target) throws -> SupervisedSet {
    let given = try plan ?? features()
    return try SupervisedSet(
        data(bars, given),
        TrainingPlan(
            id: "next", model: MeanModel(), descriptor: MeanModel.descriptor,
            features: columns.map { given.schema.names[$0] }, target: target,
            validation: ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: 7, threads: 1,
            configurationDigest: "c0ffee"))
}

/// Predicts the mean label; its artifact is that mean and every row's time, so a test sees what was learned from.
struct MeanModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "mean", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")])

    var checkpoints = 1
    var constant: Double?
    var columnCount = 1

    init(checkpoints: Int = 1, constant: Double? = nil, columnCount: Int = 1) {
        self.checkpoints = checkpoints
        self.constant = constant
        self.columnCount = columnCount
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { self.init() }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        for step in 1...checkpoints { try context.checkpoint(Double(step) / Double(checkpoints)) }
        var writer = StateWriter()
        writer.write(constant ?? set.labels.reduce(0, +) / Double(set.count))
        writer.write(set.times.map { Int($0) })
        return writer.bytes
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        var reader = StateReader(artifact)
        let outputs = (0..<columnCount).map { OutputColumn("value\($0)", unit: "", "") }
        return Constant(value: try reader.readDouble(), outputs: outputs)
    }

    /// Times of the rows an artifact was learned from.
    static func times(_ artifact: [UInt8]) throws -> [Int64] {
        var reader = StateReader(artifact)
        _ = try reader.readDouble()
        return try reader.readInts(count: artifact.count / 8 - 2).map { Int64($0) }
    }

    private struct Constant: Predictor {
        let value: Double
        let outputs: [OutputColumn]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            for index in output.indices { output[index] = value }
        }
    }
}

/// Counts calls and keeps numbers, from any task.
final class Counter: Sendable {
    private let state = Mutex<(count: Int, notes: [Double])>((0, []))

    var value: Int { state.withLock { $0.count } }
    var notes: [Double] { state.withLock { $0.notes } }

    func next() -> Int {
        state.withLock { state in
            state.count += 1
            return state.count
        }
    }

    func note(_ number: Double) { state.withLock { $0.notes.append(number) } }
}
