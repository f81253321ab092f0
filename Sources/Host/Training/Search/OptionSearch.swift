import HostCore
import PluginKit
import PredictionTargets
import Synchronization

/// Searches the options of a model on some rows, which a walk of its own over these judges.
///
/// Trials are proposed by eights, from what all before them found, so how many run side by side changes nothing. The first third is
/// spread over the space; the others are drawn by a Parzen estimator. After each fold only those go on whose mean so far is among
/// the better half of all that came as far (successive halving, asynchronous only in that later trials meet the results of earlier
/// ones: L. Li et al., *A System for Massively Parallel Hyperparameter Tuning*, MLSys 2020). Whatever is found is stored at once:
/// a search begun again proposes the same, and computes what is missing.
struct OptionSearch: Sendable {
    /// What is told of each trial that ends.
    struct Ended: Sendable {
        let trial: Int
        let options: String
        let outcome: SearchProgress.Outcome
        let folds: Int
        let score: Double?
        let best: Double?
        let isStored: Bool
    }

    let plan: TrainingPlan
    let search: SearchPlan
    let set: SupervisedSet
    let folds: [Fold]
    let ledger: TrialLedger
    let isCancelled: @Sendable () -> Bool
    let told: @Sendable (Ended) -> Void

    /// Trials that are proposed together.
    private static let batch = 8

    /// What was tried: where, and what it gave fold by fold.
    private struct Trial: Sendable {
        let point: [Double]
        let options: [String: ConfigurationValue]
        let text: String
        fileprivate var found: [TrialFold] = []
        var isStored = true
        /// The mean over its first folds, up to the first without a number.
        fileprivate var means: [Double] = []

        /// The mean over its first folds; `nil` where it has not come as far, or a number is missing.
        func mean(_ folds: Int) -> Double? { means.indices.contains(folds - 1) ? means[folds - 1] : nil }

        /// Folds on which it gave a number.
        var reach: Int { means.count }

        mutating func add(_ fold: TrialFold) {
            found.append(fold)
            guard let score = fold.score, found.count == means.count + 1 else { return }
            means.append(((means.last ?? 0) * Double(means.count) + score) / Double(found.count))
        }
    }

    /// Searches; throws `.cancelled` when stopped, and the first fault where no trial gave a number.
    func run() async throws(PluginError) -> ModelCard.Search {
        let outcome = await Result { () async throws(PluginError) in try await tried() }
        await ledger.flush()
        let trials = try outcome.get()
        guard let best = finished(trials).first, let score = best.mean(folds.count) else {
            let fault = trials.flatMap(\.found).first { !$0.fault.isEmpty }?.fault ?? ""
            throw PluginError(
                .noData,
                "model/\(plan.id): none of \(trials.count) trials has the metric \(search.scheme.metric.rawValue) that is defined"
                    + (fault.isEmpty ? ", as \(search.scheme.metric.undefined). " : ": \(fault) ")
                    + "Widen or move 'search.over', or choose another 'search.metric'.")
        }
        let scores = trials.compactMap { $0.mean(max($0.reach, 1)) }
        let naive = try await naive(best.options)
        return ModelCard.Search(
            metric: search.scheme.metric, options: best.options.mapValues(\.shown), trials: trials.count,
            finished: finished(trials).count, failed: trials.count { $0.reach < $0.found.count }, folds: folds.count,
            testRows: folds.reduce(0) { $0 + $1.test.count }, score: score, naive: naive, spread: scores.deviation)
    }

    private func tried() async throws(PluginError) -> [Trial] {
        var trials: [Trial] = []
        var best: Double?
        var proposer = Proposer(search)
        let threads = (0..<max(1, search.workers)).map { OwnThread("search \($0)") }
        let sets = folds.map { set.trainingSet($0.train) }
        while trials.count < search.scheme.trials {
            let ranked = ranked(trials).map(\.point)
            let first = trials.count
            trials += proposer.next(min(Self.batch, search.scheme.trials - first), ranked).map {
                Trial(point: $0.point, options: $0.options, text: $0.text)
            }
            guard trials.count > first else { break }
            var running = Array(first..<trials.count)
            for fold in folds.indices {
                let found = try await findings(running.map { ($0, trials[$0]) }, fold, sets[fold], threads)
                for (trial, finding) in zip(running, found) {
                    trials[trial].add(finding.fold)
                    trials[trial].isStored = trials[trial].isStored && finding.isStored
                }
                let leaving = leaving(running, trials, after: fold + 1)
                running.removeAll(where: leaving.contains)
                for trial in leaving.sorted() {
                    if trials[trial].reach == folds.count, isBefore((trials[trial].mean(folds.count), 0), (best, 1)) {
                        best = trials[trial].mean(folds.count)
                    }
                    tell(trial, trials[trial], best: best)
                }
            }
        }
        return trials
    }

    /// Which trials end after so many folds.
    private func leaving(_ running: [Int], _ trials: [Trial], after folds: Int) -> Set<Int> {
        guard folds < self.folds.count else { return Set(running) }
        let failed = running.filter { trials[$0].mean(folds) == nil }
        guard search.scheme.stop == .halving else { return Set(failed) }
        let peers = trials.enumerated().compactMap { place, trial in trial.mean(folds).map { ($0, place) } }
            .sorted { isBefore(($0.0, $0.1), ($1.0, $1.1)) }.map(\.1)
        let kept = peers.prefix((peers.count + 1) / 2)
        return Set(running).subtracting(kept)
    }

    private func isBefore(_ left: (score: Double?, place: Int), _ right: (score: Double?, place: Int)) -> Bool {
        let sign = search.scheme.metric.isLoss ? -1.0 : 1
        let (x, y) = (left.score.map { sign * $0 } ?? -.infinity, right.score.map { sign * $0 } ?? -.infinity)
        return x == y ? left.place < right.place : x > y
    }

    /// All that ended, the best first: those that came farther before the others.
    private func ranked(_ trials: [Trial]) -> [Trial] {
        trials.enumerated().sorted { left, right in
            guard left.element.reach == right.element.reach else { return left.element.reach > right.element.reach }
            let reach = left.element.reach
            return isBefore((left.element.mean(reach), left.offset), (right.element.mean(reach), right.offset))
        }.map(\.element)
    }

    private func finished(_ trials: [Trial]) -> [Trial] { ranked(trials).filter { $0.reach == folds.count } }

    private func tell(_ place: Int, _ trial: Trial, best: Double?) {
        let reach = trial.reach
        let outcome: SearchProgress.Outcome =
            reach < trial.found.count ? .failed : reach < folds.count ? .pruned : .finished
        told(
            Ended(
                trial: place, options: trial.text, outcome: outcome, folds: reach, score: trial.mean(reach),
                best: best, isStored: trial.isStored))
    }

    // MARK: Fitting

    /// What a trial found on a fold, now or before.
    private struct Found: Sendable {
        let fold: TrialFold
        let isStored: Bool
    }

    /// What trials find on a fold, each with whether it was stored before; side by side.
    private func findings(
        _ trials: [(number: Int, trial: Trial)], _ fold: Int, _ rows: TrainingSet, _ threads: [OwnThread]
    ) async throws(PluginError) -> [Found] {
        let turns = Turns(trials.count)
        let results = await withTaskGroup(of: [(Int, Result<Found, PluginError>)].self) { group in
            for thread in threads.prefix(trials.count) {
                group.addTask(executorPreference: thread) {
                    var own: [(Int, Result<Found, PluginError>)] = []
                    while let place = turns.take() {
                        let (number, trial) = trials[place]
                        own.append(
                            (
                                place,
                                await Result { () async throws(PluginError) in
                                    try await self.finding(number, trial, fold, rows)
                                }
                            ))
                    }
                    return own
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        var found: [Found] = []
        for (_, result) in results.sorted(by: { $0.0 < $1.0 }) { found.append(try result.get()) }
        return found
    }

    private func finding(
        _ number: Int, _ trial: Trial, _ fold: Int, _ rows: TrainingSet
    ) async throws(PluginError) -> Found {
        if let stored = ledger.found(number, fold, trial.text) { return Found(fold: stored, isStored: true) }
        var (score, fault): (Double?, String) = (nil, "")
        do {
            score = try await self.score(trial.options, fold, rows)
        } catch  where [.quality, .noData, .badRequest, .configuration].contains(error.code) {
            // These options cannot be used here; others may.
            fault = error.message
        } catch {
            throw error
        }
        let found = TrialFold(trial: number, fold: fold, options: trial.text, score: score, fault: fault)
        ledger.note(found)
        return Found(fold: found, isStored: false)
    }

    private func score(
        _ options: [String: ConfigurationValue], _ fold: Int, _ rows: TrainingSet
    ) async throws(PluginError) -> Double? {
        let fitting = FoldFit(plan)
        let found = try await using(options) { (model, progress) async throws(PluginError) in
            let bytes = try await fitting.fit(model, rows, progress: progress)
            return try fitting.judge(model, bytes, set, folds[fold])
        }
        return search.scheme.metric.score(found, of: folds[fold].test.map { set.rows[$0] }, target: plan.target)
    }

    /// Makes a model, has it do something that ends where the search is stopped, and stops it.
    private func using<Value: Sendable>(
        _ options: [String: ConfigurationValue],
        _ body: (any Model, @escaping @Sendable (Double) throws(PluginError) -> Void) async throws(PluginError) -> Value
    ) async throws(PluginError) -> Value {
        let (isCancelled, id) = (isCancelled, plan.id)
        let model = try await search.make(options)
        let outcome = await Result { () async throws(PluginError) in
            try await body(model) { (_) throws(PluginError) in
                guard isCancelled() else { return }
                throw PluginError(
                    .cancelled, "model/\(id): the search was stopped; the trials that had ended are stored.")
            }
        }
        await model.stop()
        return try outcome.get()
    }

    /// What the naive rule of the metric reaches, over the same folds, beside a fit with the chosen options.
    private func naive(_ options: [String: ConfigurationValue]) async throws(PluginError) -> Double {
        let metric = search.scheme.metric
        let share = metric == .pinball ? try await quantile(of: options) : nil
        return folds.map { fold in
            metric.naive(FoldFit(plan).observations(set, fold, share: share), target: plan.target)
        }.mean
    }

    /// Which quantile a model predicts: its predictor says so, thus it is fitted on the first fold once more.
    private func quantile(of options: [String: ConfigurationValue]) async throws(PluginError) -> Double? {
        let (fitting, rows) = (FoldFit(plan), set.trainingSet(folds[0].train))
        return try await using(options) { (model, progress) async throws(PluginError) in
            let bytes = try await fitting.fit(model, rows, progress: progress)
            return try fitting.loaded(model, bytes, set.features).outputs.first?.quantileShare
        }
    }
}

/// Places that workers take one after the other.
private final class Turns: Sendable {
    private let next = Mutex(0)
    private let count: Int

    init(_ count: Int) { self.count = count }

    func take() -> Int? {
        next.withLock { next in
            guard next < count else { return nil }
            defer { next += 1 }
            return next
        }
    }
}
