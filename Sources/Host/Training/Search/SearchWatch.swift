import PluginKit
import PredictionTargets
import Synchronization

/// Tells how far the searches of a fit are.
final class SearchWatch: Sendable {
    private let searches: Int
    private let scheme: SearchScheme
    private let tell: @Sendable (SearchProgress) -> Void
    private let began = Mutex<(time: ContinuousClock.Instant, share: Double)?>(nil)

    init(searches: Int, _ scheme: SearchScheme, tell: @escaping @Sendable (SearchProgress) -> Void) {
        (self.searches, self.scheme, self.tell) = (searches, scheme, tell)
    }

    /// Takes a trial that ended of a search, counted from 0.
    func take(_ ended: OptionSearch.Ended, of search: Int) {
        let share = (Double(search) + Double(ended.trial + 1) / Double(scheme.trials)) / Double(max(searches, 1))
        tell(
            SearchProgress(
                search: search + 1, searches: searches, trial: ended.trial + 1, trials: scheme.trials,
                options: ended.options, outcome: ended.outcome, folds: ended.folds, score: ended.score,
                metric: scheme.metric, best: ended.best, isStored: ended.isStored,
                secondsLeft: ended.isStored ? nil : secondsLeft(share)))
    }

    /// By how long what was computed took; what was stored before says nothing of that.
    private func secondsLeft(_ share: Double) -> Double? {
        let now = ContinuousClock.now
        return began.withLock { began in
            guard let first = began else {
                began = (now, share)
                return nil
            }
            guard share > first.share else { return nil }
            return first.time.duration(to: now) / .seconds(1) / (share - first.share) * (1 - share)
        }
    }
}
