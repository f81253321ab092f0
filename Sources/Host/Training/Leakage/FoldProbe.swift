import HostCore
import PluginKit
import PredictionTargets

/// Fits on a part of the first test's rows: before all other fits, again after them, and on labels that changed places.
///
/// What it costs is bounded: three fits on at most a sixth of the rows, and on no more than `mostRows`.
struct FoldProbe {
    private static let mostRows = 5_000
    private static let mostTests = 2_048

    private let fold: Fold
    private let set: SupervisedSet
    private let fitting: FoldFit
    private let plan: TrainingPlan
    private let isCancelled: @Sendable () -> Bool
    /// What the first fit is, and what it gave before there were others.
    private var first: (bytes: [UInt8], given: [Double])?
    private var fault: String?

    init?(_ plan: TrainingPlan, _ lot: Trainer.Lot, isCancelled: @escaping @Sendable () -> Bool) {
        guard let fold = lot.folds.first else { return nil }
        set = lot.before
        let most = min(Self.mostRows, max(plan.validation.minTrain, set.rows.count / 6))
        self.fold = Fold(
            train: Array(fold.train.suffix(most)), test: Array(fold.test.prefix(Self.mostTests)),
            validAfter: fold.validAfter, validThrough: fold.validThrough)
        (self.plan, self.isCancelled, fitting) = (plan, isCancelled, FoldFit(plan))
    }

    /// Fits before anything else is fitted.
    mutating func begin() async throws(PluginError) {
        do {
            let bytes = try await fit(set.trainingSet(fold.train))
            let predictor = try plan.model.load(bytes, features: set.features)
            first = (bytes, try predict(predictor, set.input(fold.test)))
        } catch  where Self.isOfEveryFit(error) {
            throw error
        } catch {
            fault = error.message
        }
    }

    /// Every check of fits and their predictions, after all fits.
    func checks() async throws(PluginError) -> [LeakageVerdict.Check] {
        let kinds: [LeakageVerdict.Kind] = [.truncatedPredictions, .foldMemory, .labelShuffle]
        guard let first else {
            return kinds.map {
                LeakageVerdict.Check($0, .skipped, "The fit on \(fold.train.count) rows: \(fault ?? "none")")
            }
        }
        do {
            let predictor = try plan.model.load(first.bytes, features: set.features)
            return [try truncated(predictor), try await again(first.bytes, first.given), try await shuffled()]
        } catch  where Self.isOfEveryFit(error) {
            throw error
        } catch {
            return kinds.map { LeakageVerdict.Check($0, .skipped, error.message) }
        }
    }

    /// Whether a fault has nothing to do with how few rows the gate fits on: it is the fit's, and told as such.
    private static func isOfEveryFit(_ error: PluginError) -> Bool {
        error.code.isTransient || [.cancelled, .auth, .permission, .banned].contains(error.code)
    }

    private func fit(_ rows: TrainingSet) async throws(PluginError) -> [UInt8] {
        let (isCancelled, id) = (isCancelled, plan.id)
        return try await fitting.fit(plan.model, rows) { (_) throws(PluginError) in
            guard isCancelled() else { return }
            throw PluginError(.cancelled, "model/\(id): the fit was stopped; what was stored before is untouched.")
        }
    }

    /// The first column of what a predictor gives rows of numbers.
    private func predict(_ predictor: any Predictor, _ input: [Double]) throws(PluginError) -> [Double] {
        let columns = predictor.outputs.count
        guard columns > 0 else { throw PluginError(.malformed, "model/\(plan.id): its fit gives no column.") }
        let output = try FoldFit.predict(predictor, input, columns, steps: set.steps, width: set.features.count)
        return stride(from: 0, to: output.count, by: columns).map { output[$0] }
    }

    /// Predictions of rows without those after them, with others after them, and alone.
    private func truncated(_ predictor: any Predictor) throws(PluginError) -> LeakageVerdict.Check {
        let (input, width) = (set.input(fold.test), set.steps * set.features.count)
        let (count, half) = (fold.test.count, fold.test.count / 2)
        let whole = try predict(predictor, input)
        let cut = try predict(predictor, Array(input.prefix(half * width)))
        let poisoned = try predict(
            predictor, Array(input.prefix(half * width)) + input.dropFirst(half * width).map { 1 - 3 * $0 })
        var alone = 0
        for row in stride(from: 0, to: count, by: max(1, count / 32)) {
            let given = try predict(predictor, Array(input[row * width..<(row + 1) * width]))
            if given[0].bitPattern != whole[row].bitPattern { alone += 1 }
        }
        func differing(_ others: [Double]) -> Int {
            (0..<half).count { others[$0].bitPattern != whole[$0].bitPattern }
        }
        let found = (differing(cut), differing(poisoned), alone)
        let numbers: [String: Double?] = [
            "rows": Double(half), "differing_without_later_rows": Double(found.0),
            "differing_with_other_later_rows": Double(found.1), "differing_alone": Double(found.2),
        ]
        guard found != (0, 0, 0) else { return LeakageVerdict.Check(.truncatedPredictions, .pass, "", numbers) }
        return LeakageVerdict.Check(
            .truncatedPredictions, .fail,
            "Predictions of \(half) rows: \(found.0) are others without the rows after them, \(found.1) with other rows after "
                + "them; \(found.2) of some rows are others where each is predicted alone.", numbers)
    }

    /// The same fit again.
    private func again(_ first: [UInt8], _ before: [Double]) async throws(PluginError) -> LeakageVerdict.Check {
        let second = try await fit(set.trainingSet(fold.train))
        let after = try predict(plan.model.load(second, features: set.features), set.input(fold.test))
        let differing = zip(before, after).count { $0.bitPattern != $1.bitPattern }
        let numbers: [String: Double?] = [
            "rows": Double(fold.train.count), "same_bytes": first == second ? 1 : 0, "differing": Double(differing),
        ]
        guard differing > 0 else { return LeakageVerdict.Check(.foldMemory, .pass, "", numbers) }
        return LeakageVerdict.Check(
            .foldMemory, .fail,
            "The same fit on \(fold.train.count) rows gave \(differing) of \(before.count) other predictions after the other "
                + "folds were fitted. A model keeps nothing but its options between fits, and its seed fixes every choice.",
            numbers)
    }

    /// A fit on labels that changed places in blocks, judged by these.
    private func shuffled() async throws(PluginError) -> LeakageVerdict.Check {
        let places = (fold.train + fold.test).sorted()
        let rows = places.map {
            LabelNull.Row(time: set.rows[$0].time, instrument: set.rows[$0].instrument, label: set.rows[$0].label)
        }
        guard let null = LabelNull(rows, horizon: plan.target.horizon, seed: plan.seed) else {
            return LeakageVerdict.Check(.labelShuffle, .skipped, "There are too few event times for eight blocks.")
        }
        let labels = Dictionary(zip(places, null.shuffled()), uniquingKeysWith: { first, _ in first })
        let (train, test) = (labelled(fold.train, labels), labelled(fold.test, labels))
        guard train.count >= 20, test.count >= 20 else {
            return LeakageVerdict.Check(.labelShuffle, .skipped, "Too few rows have a label after a change of places.")
        }
        let given = try await predict(
            plan.model.load(
                fit(set.trainingSet(train, labels: train.map { labels[$0] ?? .nan })), features: set.features),
            set.input(test))
        let tested = test.map {
            LabelNull.Row(
                time: set.rows[$0].time, instrument: set.rows[$0].instrument, label: labels[$0] ?? .nan)
        }
        guard let found = LabelNull(tested, horizon: plan.target.horizon, seed: plan.seed)?.test(given) else {
            return LeakageVerdict.Check(.labelShuffle, .pass, "It predicts a constant.", ["rows": Double(test.count)])
        }
        let numbers: [String: Double?] = [
            "rows": Double(test.count), "rank_ic": found.value, "chance_deviation": found.deviation,
            "p_value": found.pValue,
        ]
        guard found.distance > SuspectColumns.clear else {
            return LeakageVerdict.Check(.labelShuffle, .pass, "", numbers)
        }
        return LeakageVerdict.Check(
            .labelShuffle, .fail,
            "A fit on shuffled labels predicts them with rank IC \(SuspectColumns.text(found.value)), "
                + "\(SuspectColumns.text(found.distance)) standard deviations of chance: labels of the test reach into the fit.",
            numbers)
    }

    private func labelled(_ places: [Int], _ labels: [Int: Double]) -> [Int] {
        places.filter { labels[$0]?.isFinite == true }
    }
}
