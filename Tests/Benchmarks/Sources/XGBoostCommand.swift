import ArgumentParser
import PluginKit
import XGBoostInterface
import XGBoostModel

/// One prediction of 100 trees of depth 6 over 20 features, as the service makes it, beside the library's own single-row
/// predict on the same rows.
struct XGBoostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "xgboost")

    @Option(help: "Predictions to time.") var calls = 200_000
    @Option(help: "Predictions of the library to time.") var libraryCalls = 20_000

    private static let width = 20

    func run() async throws {
        let set = Self.trainingSet(rows: 4000)
        var trainer = XGBoostTrainer()
        trainer.rounds = 100
        trainer.maxDepth = 6
        let library = try XGBoostLibrary(path: nil)
        let booster = try trainer.booster(set, context: FitContext(seed: 7), library: library)
        for round in 0..<trainer.rounds { try booster.update(round: round) }
        let predictor = try Self.model().load(try booster.save(), features: set.features)
        let rows = set.values
        let own = try time(calls) { index, clock in
            try Self.predict(predictor, rows, index % set.count, clock)
        }
        report("xgboost_own", own)
        let floats = rows.map { Float($0) }
        let theirs = try time(libraryCalls) { index, clock in
            let start = index % set.count * Self.width
            let row = Array(floats[start..<start + Self.width])
            let began = clock.now
            _ = try booster.predict(row, width: Self.width)
            return began.duration(to: clock.now)
        }
        report("xgboost_library", theirs)
        try checkEquality(predictor, booster, rows, floats, set.count)
    }

    private static func model() throws -> XGBoost {
        var values: [String: ConfigurationValue] = [:]
        for option in XGBoost.descriptor.schema.options { values[option.name] = option.defaultValue }
        let context = PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoInstruments())
        return try XGBoost(Configuration(instance: "model/bench", values: values), context: context)
    }

    private static func predict(
        _ predictor: any Predictor, _ rows: [Double], _ index: Int, _ clock: ContinuousClock
    ) throws -> Duration {
        var result = [0.0]
        let input = Array(rows[index * width..<(index + 1) * width])
        var output = result.mutableSpan
        let began = clock.now
        try predictor.predict(input.span, shape: TensorShape(batch: 1, features: width), into: &output)
        return began.duration(to: clock.now)
    }

    private func time(
        _ count: Int, _ call: (Int, ContinuousClock) throws -> Duration
    ) throws -> [Double] {
        let clock = ContinuousClock()
        var spans: [Double] = []
        spans.reserveCapacity(count)
        for index in 0..<count { spans.append(try call(index, clock).inSeconds * 1e6) }
        return spans.sorted()
    }

    private func report(_ name: String, _ spans: [Double]) {
        printResult("\(name)_p50", percentile(spans, 0.5), "us")
        printResult("\(name)_p99", percentile(spans, 0.99), "us")
    }

    private func checkEquality(
        _ predictor: any Predictor, _ booster: XGBoostBooster, _ rows: [Double], _ floats: [Float], _ count: Int
    ) throws {
        var output = Array(repeating: 0.0, count: count)
        var target = output.mutableSpan
        try predictor.predict(rows.span, shape: TensorShape(batch: count, features: Self.width), into: &target)
        let theirs = try booster.predict(floats, width: Self.width)
        let different = zip(output, theirs).count { Float($0) != $1 }
        printResult("xgboost_rows_that_differ", Double(different), "rows of \(count)")
    }

    /// Rows whose label depends on the features by a fixed rule with noise; for measuring only.
    static func trainingSet(rows: Int) -> TrainingSet {
        var random = SplitMix(state: 42)
        var values: [Double] = []
        var labels: [Double] = []
        for _ in 0..<rows {
            let row = (0..<width).map { _ in random.uniform() * 2 - 1 }
            values += row
            labels.append(row[0] * 0.5 + row[1] * row[1] + row[2] * row[3] + 0.2 * (random.uniform() - 0.5))
        }
        return TrainingSet(
            features: (0..<width).map { "f\($0)" }, values: values, labels: labels,
            times: (0..<rows).map { Int64($0) },
            instruments: Array(repeating: InstrumentID(rawValue: 0), count: rows))
    }
}

/// A directory without instruments.
struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "?", venue: "UNKNOWN") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

/// SplitMix64: small, seeded, good enough to fill a matrix.
private struct SplitMix {
    var state: UInt64

    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
