package import HostTraining
import PredictionTargets

/// What a search found, and what a hold-out showed, in words.
package enum ModelReport {
    /// Returns the line of a trial: what came of it, the best so far, the time left, and what it tried.
    package static func line(_ model: String, _ trial: SearchProgress) -> String {
        let (metric, folds) = (trial.metric.rawValue, trial.folds == 1 ? "1 fold" : "\(trial.folds) folds")
        let outcome =
            switch trial.outcome {
            case .finished: "\(metric) \(number(trial.score))"
            case .pruned: "\(metric) \(number(trial.score)) after \(folds), ended"
            case .failed: "no \(metric)"
            }
        let stored = trial.isStored ? " (stored)" : ""
        let best = trial.best.map { ", best \(number($0))" } ?? ""
        let left = trial.secondsLeft.map { ", \(span($0)) left" } ?? ""
        // What matters first: a terminal may not have room for all of it.
        let place = "search \(trial.search) of \(trial.searches), trial \(trial.trial) of \(trial.trials)\(stored)"
        return "model/\(model): \(place): \(outcome)\(best)\(left); \(trial.options)"
    }

    /// Returns what the card of a model says of the search that serves, ending in a newline; empty without one.
    package static func text(_ card: ModelCard) -> String {
        let serving = (card.search ?? []).filter { $0.validAfter == nil }
        return serving.map { search in
            let whose = search.instrument.map { " of \($0)" } ?? ""
            let options = search.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
            let luck = search.expectedMaximum.map { expected in
                "  deflated  the best of \(search.trials) trials without skill is expected at \(number(expected)); this is "
                    + "\(number(search.deflated.map(abs))) \((search.deflated ?? 0) >= 0 ? "better" : "worse")"
                    + (search.probability.map { ", no luck with probability \(fixed($0, 2))" } ?? "") + "\n"
            }
            return "model/\(card.model)\(whose): \(options)\n"
                + "  chosen by \(search.metric) \(number(search.score)) (naive \(number(search.naive))) over \(search.folds) folds: "
                + "\(search.trials) trials, \(search.finished) to the end, \(search.failed) failed\n" + (luck ?? "")
        }.joined() + (serving.isEmpty ? "" : outside(card))
    }

    /// What the tests reached whose rows no search had seen.
    private static func outside(_ card: ModelCard) -> String {
        "  outside   \(ResultTable.judged(card.metrics)) over \(card.metrics.rows) rows that no search had seen\n"
    }

    /// Returns what a hold-out showed, ending in a newline.
    package static func text(
        _ model: String, _ figures: HoldoutFigures, looks: Int, firstLook: Int64?
    ) -> String {
        let from = String(EventTimeText.utc(figures.from).prefix(10))
        let through = String(EventTimeText.utc(figures.through).prefix(10))
        let head =
            "model/\(model): hold-out \(from) ... \(through), \(figures.metrics.rows) rows: \(ResultTable.judged(figures.metrics))\n"
        if let firstLook {
            return head
                + "  This version was looked at \(EventTimeText.utc(firstLook)); nothing was computed again. Looks at versions of it: "
                + "\(looks).\n"
        }
        return head + "  Look \(looks) at versions of this model"
            + (looks == 1 ? ".\n" : "; what is chosen after several looks is no longer out of sample.\n")
    }

    private static func number(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "undefined" }

    private static func fixed(_ value: Double, _ digits: Int) -> String { ResultTable.fixed(value, digits) }

    /// `40 s`, `3 min`, `2.5 h`.
    private static func span(_ seconds: Double) -> String {
        if seconds < 90 { return "\(Int(seconds.rounded())) s" }
        if seconds < 5_400 { return "\(Int((seconds / 60).rounded())) min" }
        return "\((seconds / 360).rounded() / 10) h"
    }
}
