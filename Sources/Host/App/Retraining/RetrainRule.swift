import HostCore
import PredictionTargets

/// Says when a model of a pipeline that runs is to be fitted again, from what its manifest entry has under `retrain`.
///
/// A fit is due by event times alone, counted from the last that the newest version had seen: a restart changes nothing.
struct RetrainRule {
    /// Index of a feature's shift from which on it counts as another distribution.
    static let shift = 0.25
    /// Event times that lie at least between two fits called for by drift.
    static let rest = 20

    /// What has drifted of a model; `nil` where nothing did.
    struct Drift: Sendable, Hashable {
        let text: String

        /// Looks at the counters of a model; `alarms` are those of its errors that are known already.
        init?(_ counters: FlowSnapshot.Model, alarms: Int) {
            if let worst = counters.rows.shifts.max(by: { $0.psi < $1.psi }), worst.psi > RetrainRule.shift {
                text = "feature \(worst.feature) has drifted: PSI \(ResultTable.fixed(worst.psi, 2))"
            } else if counters.errors.alarms > alarms {
                text = "its errors have drifted"
            } else {
                return nil
            }
        }
    }

    /// Returns why a fit is due, in words; `nil` where none is.
    ///
    /// - Parameters:
    ///   - passed: event times since the last fit or try, up to `needed`; `nil` where no version is of what the manifest says now.
    static func cause(_ scheme: RetrainScheme, passed: Int?, drift: Drift?) -> String? {
        guard let passed else { return "no version was fitted as the manifest says" }
        if let bars = scheme.every.bars, passed >= bars {
            return "\(RetrainScheme.Occasion(bars: bars)) since the last fit"
        }
        if scheme.every.drift, let drift, passed >= rest { return drift.text }
        return nil
    }

    /// Event times that have to be counted, to know whether a fit is due.
    static func needed(_ scheme: RetrainScheme) -> Int { max(scheme.every.bars ?? 0, scheme.every.drift ? rest : 0) }
}
