import Glibc
package import HostCore
package import PredictionTargets

/// What the rule of promotion says of a shadow, from nothing but the errors on rows that both predicted.
package enum Promotion: Sendable, Hashable {
    /// There are too few rows yet, or no look showed enough.
    case wait
    /// It takes the champion's place.
    case promote(Evidence)
    /// The last look did not show enough: it goes back among the candidates.
    case giveUp(Evidence)

    /// What a look showed.
    package struct Evidence: Sendable, Hashable {
        /// Event times.
        package let samples: Int
        /// Mean losses over them.
        package let champion, shadow: Double
        /// Probability of such an advantage where there is none, one-sided; 1 where the losses do not differ.
        package let pValue: Double
        /// What it had to be.
        package let level: Double

        /// In words; `metric` is the loss.
        package func text(_ metric: PromotionScheme.Metric, against champion: Int) -> String {
            "\(metric.rawValue) \(Self.short(shadow)) against \(Self.short(self.champion)) of version \(champion) over \(samples) event "
                + "times, p \(Self.short(pValue)), allowed \(Self.short(level))"
        }

        private static func short(_ value: Double) -> String {
            guard value != 0, value.isFinite else { return "\(value)" }
            let scale = pow(10, 3 - floor(log10(value.magnitude)))
            return "\((value * scale).rounded() / scale)"
        }
    }

    /// Judges by all looks that there are rows for, each over the first rows that it is for: the answer does not depend on how
    /// often it is asked. `errors` are in ascending event time.
    package static func judge(_ errors: [PairedError], by scheme: PromotionScheme, horizon: Int) -> Promotion {
        let times = losses(errors, scheme.metric)
        guard let last = scheme.look(at: times.count) else { return .wait }
        var evidence: Evidence?
        for number in 0...last.number {
            guard let look = scheme.look(at: scheme.minSamples << number) else { continue }
            let found = self.evidence(times.prefix(look.samples), scheme, look.level, horizon)
            if found.pValue <= look.level { return .promote(found) }
            evidence = found
        }
        guard last.number == PromotionScheme.looks - 1, let evidence else { return .wait }
        return .giveUp(evidence)
    }

    /// Mean losses of each event time.
    private static func losses(
        _ errors: [PairedError], _ metric: PromotionScheme.Metric
    ) -> [(champion: Double, shadow: Double)] {
        var found: [(champion: Double, shadow: Double)] = []
        var start = 0
        while start < errors.count {
            var end = start
            while end < errors.count, errors[end].time == errors[start].time { end += 1 }
            let rows = errors[start..<end]
            found.append((rows.map { metric.loss($0.champion) }.mean, rows.map { metric.loss($0.shadow) }.mean))
            start = end
        }
        return found
    }

    private static func evidence(
        _ times: ArraySlice<(champion: Double, shadow: Double)>, _ scheme: PromotionScheme, _ level: Double,
        _ horizon: Int
    ) -> Evidence {
        let (champion, shadow) = (times.map(\.champion).mean, times.map(\.shadow).mean)
        let differences = times.map { $0.shadow - (1 - scheme.margin) * $0.champion }
        let pValue: Double
        if let statistic = LossDifference.statistic(differences, horizon: horizon) {
            pValue = erfc(-statistic / 2.0.squareRoot()) / 2
        } else {
            pValue = 1
        }
        return Evidence(samples: times.count, champion: champion, shadow: shadow, pValue: pValue, level: level)
    }
}

extension PromotionScheme.Rollback {
    /// Counts the event times at the end that lie beyond the band one after the other, and names the last one within it.
    ///
    /// `errors` are in ascending event time, `usual` is the mean absolute error of the tests. An error that is no number is beyond
    /// every band.
    package func run(_ errors: [TimedError], usual: Double) -> (beyond: Int, lastWithin: Int64?) {
        var beyond = 0
        var end = errors.count
        while end > 0 {
            var start = end
            while start > 0, errors[start - 1].time == errors[end - 1].time { start -= 1 }
            let mean = errors[start..<end].map(\.error.magnitude).mean
            if mean <= band * usual { return (beyond, errors[end - 1].time) }
            (beyond, end) = (beyond + 1, start)
        }
        return (beyond, nil)
    }
}
