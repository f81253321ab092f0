package import PluginKit

/// A model's predictors by event time: each predicts only after everything it learned from was known.
///
/// Walk-forward folds serve the past, the final fit serves live; so a prediction over history is out of sample too.
package struct PredictorTimeline: Sendable {
    /// A predictor and the event times it may be used at.
    package struct Part: Sendable {
        /// First event time, exclusive.
        package let validAfter: Int64
        /// Last event time, inclusive.
        package let validThrough: Int64
        /// The predictor.
        package let predictor: any Predictor

        /// Creates a part.
        package init(validAfter: Int64, validThrough: Int64, predictor: any Predictor) {
            self.validAfter = validAfter
            self.validThrough = validThrough
            self.predictor = predictor
        }
    }

    /// Parts in ascending time.
    package let parts: [Part]

    /// Creates a timeline.
    package init(parts: [Part]) { self.parts = parts }

    /// Columns of every part's predictions; a part that gives another number is not used.
    var columnCount: Int { parts.last?.predictor.outputs.count ?? 0 }

    /// Returns the part for an event time, or `nil` where no model had learned only from its past.
    package func index(at time: Int64) -> Int? {
        parts.lastIndex { $0.validAfter < time && time <= $0.validThrough }
    }
}
