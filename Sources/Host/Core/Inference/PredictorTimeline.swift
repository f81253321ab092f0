package import PluginKit

/// A model's predictors by event time: each predicts only after everything it learned from was known.
///
/// Walk-forward folds serve the past, the final fit serves live; so a prediction over history is out of sample too. Parts are
/// for all instruments, or each for one.
package struct PredictorTimeline: Sendable {
    /// A predictor and the event times it may be used at.
    package struct Part: Sendable {
        /// First event time, exclusive.
        package let validAfter: Int64
        /// Last event time, inclusive.
        package let validThrough: Int64
        /// The predictor.
        package let predictor: any Predictor
        /// The instrument it is for alone; `nil` for all.
        package let instrument: InstrumentID?
        /// Where the rows lie that it learned from; `nil` where nobody asks.
        package let domain: FeatureDomain?
        /// What live rows are compared with; `nil` of parts that serve the past.
        package let sketch: DriftSketch?

        /// Creates a part.
        package init(
            validAfter: Int64, validThrough: Int64, predictor: any Predictor, instrument: InstrumentID? = nil,
            domain: FeatureDomain? = nil, sketch: DriftSketch? = nil
        ) {
            self.domain = domain
            self.sketch = sketch
            self.validAfter = validAfter
            self.validThrough = validThrough
            self.predictor = predictor
            self.instrument = instrument
        }
    }

    /// Parts in ascending time, of one instrument after another where each has its own.
    package let parts: [Part]
    /// Tells fits apart: what was learned after one means nothing after another.
    package let fit: String
    /// The version it was loaded from; 0 where it is none.
    package let version: Int
    /// What the last fit found beside the artifact.
    package let figures: [String: Double]
    /// Which of the parts are whose; empty where all are for all.
    private let own: [InstrumentID: Range<Int>]

    /// Creates a timeline.
    package init(parts: [Part], fit: String = "", version: Int = 0, figures: [String: Double] = [:]) {
        self.figures = figures
        self.parts = parts
        self.fit = fit
        self.version = version
        var own: [InstrumentID: Range<Int>] = [:]
        for (place, part) in parts.enumerated() {
            guard let instrument = part.instrument else { continue }
            own[instrument] = (own[instrument]?.lowerBound ?? place)..<place + 1
        }
        self.own = own
    }

    /// Whether each instrument has parts of its own.
    var isPerInstrument: Bool { !own.isEmpty }

    /// Columns of every part's predictions; a part that gives another number is not used.
    var columnCount: Int { parts.last?.predictor.outputs.count ?? 0 }

    /// Returns the part for an event of an instrument, or `nil` where no model had learned only from its past.
    package func index(at time: Int64, of instrument: InstrumentID) -> Int? {
        guard let range = isPerInstrument ? own[instrument] : parts.indices else { return nil }
        return range.last { parts[$0].validAfter < time && time <= parts[$0].validThrough }
    }
}
