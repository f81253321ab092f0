import HostCore
import PluginKit
import PredictionTargets

/// Fits on one fold's rows and judges on its test.
struct FoldFit: Sendable {
    let id: String
    let target: Target
    let seed: UInt64
    let threads: Int

    init(_ plan: TrainingPlan) { (id, target, seed, threads) = (plan.id, plan.target, plan.seed, plan.threads) }

    /// Learns from rows; `progress` is told fractions 0...1 and throws where the fit is to end.
    func fit(
        _ model: any Model, _ set: TrainingSet, report: @escaping @Sendable (String, Double) -> Void = { _, _ in },
        progress: @escaping @Sendable (Double) throws(PluginError) -> Void
    ) async throws(PluginError) -> [UInt8] {
        let context = FitContext(
            seed: seed, threads: threads,
            checkpoint: { (fraction) throws(PluginError) in
                // A plugin's number: it may be anything.
                try progress(fraction.isNaN ? 0 : min(max(fraction, 0), 1))
            }, report: report)
        try context.checkpoint(0)
        return try await model.fit(set, context: context)
    }

    /// Returns what a fit predicts of the rows of a fold's test, beside what came.
    func judge(
        _ model: any Model, _ bytes: [UInt8], _ set: SupervisedSet, _ fold: Fold
    ) throws(PluginError) -> [PredictionMetrics.Observation] {
        try judge(loaded(model, bytes, set.features), set, fold)
    }

    /// The same of a fit that is loaded.
    func judge(
        _ predictor: any Predictor, _ set: SupervisedSet, _ fold: Fold
    ) throws(PluginError) -> [PredictionMetrics.Observation] {
        let columns = predictor.outputs.count
        let output = try Self.predict(predictor, set, fold.test, columns: columns)
        guard columns > 0, output.allSatisfy(\.isFinite) else { throw notFinite(fold) }
        return observations(set, fold, share: predictor.outputs[0].quantileShare) { output[$0 * columns] }
    }

    /// Rows whose windows are laid out together.
    private static let step = 4_096

    /// Every column of what a predictor gives some rows, row-major. It is asked once how many: it may answer otherwise later.
    static func predict(
        _ predictor: any Predictor, _ set: SupervisedSet, _ places: [Int], columns: Int
    ) throws(PluginError) -> [Double] {
        let size = set.steps == 1 ? max(1, places.count) : step
        var output: [Double] = []
        for first in stride(from: 0, to: places.count, by: size) {
            let rows = Array(places[first..<min(first + size, places.count)])
            let input = set.input(rows)
            output += try predict(predictor, input, columns, steps: set.steps, width: set.features.count)
        }
        return output
    }

    /// The same of rows that are laid out.
    static func predict(
        _ predictor: any Predictor, _ input: [Double], _ columns: Int, steps: Int, width: Int
    ) throws(PluginError) -> [Double] {
        let rows = input.count / (steps * width)
        var output = Array(repeating: Double.nan, count: rows * columns)
        var given = output.mutableSpan
        let shape = TensorShape(batch: rows, time: steps, features: width)
        try predictor.predict(input.span, shape: shape, into: &given)
        return output
    }

    /// The rows of a fold's test with predictions by their place in it; without, the mean of what was learned from.
    ///
    /// `share` is that of a quantile, where predictions are one.
    func observations(
        _ set: SupervisedSet, _ fold: Fold, share: Double? = nil, prediction: ((Int) -> Double)? = nil
    ) -> [PredictionMetrics.Observation] {
        let quantile = share.map { share in
            let labels = fold.train.map { set.rows[$0].label }.sorted()
            let place = min(labels.count - 1, Int(share * Double(labels.count)))
            return PredictionMetrics.Quantile(share: share, naive: labels.isEmpty ? .nan : labels[place])
        }
        let mean = fold.train.map { set.rows[$0].label }.mean
        let ups = fold.train.count { target.isUp(set.rows[$0].label, trailing: set.rows[$0].trailing) }
        return fold.test.enumerated().map { index, row in
            PredictionMetrics.Observation(
                label: set.rows[row].label, prediction: prediction?(index) ?? mean, trailing: set.rows[row].trailing,
                trainMean: mean, isTrainMostlyUp: 2 * ups >= fold.train.count, quantile: quantile)
        }
    }

    /// Loads what was fitted; a fault says whose it is.
    func loaded(
        _ model: any Model, _ bytes: [UInt8], _ features: [String]
    ) throws(PluginError) -> any Predictor {
        do {
            return try model.load(bytes, features: features)
        } catch {
            guard !error.message.hasPrefix("model/") else { throw error }
            throw PluginError(
                error.code, "model/\(id): what it fitted cannot be loaded: \(error.message)",
                retryAfter: error.retryAfter, cause: error)
        }
    }

    func notFinite(_ fold: Fold) -> PluginError {
        PluginError(
            .quality,
            "model/\(id): what it learned from \(fold.train.count) rows predicts numbers that are not finite. "
                + "Use other options or features.")
    }
}

extension OutputColumn {
    /// The share of outcomes that are to lie below it; `nil` where it is no quantile.
    var quantileShare: Double? {
        guard case .quantile(let share) = role else { return nil }
        return share
    }
}
