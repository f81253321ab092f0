package import PluginKit

/// Keeps predictions with what became of them, and what models have learned live. Implemented by storage; written with the events
/// they were made from, in one transaction (`StoreEntry`), so a stored bar has its predictions and the outcomes it completes.
package protocol OutcomeStore: Sendable {
    /// Returns for each place the predictions of its instrument whose outcome is not known, or became known after its event time,
    /// and so many of those before, in ascending event time.
    func predictions(
        knownAfter places: [OutcomePlace], before: Int
    ) async throws(PluginError) -> [[KeptPrediction]]

    /// Returns for each key when the first outcome became known; `nil` where none is kept.
    func firstOutcomes(_ keys: [OutcomeKey]) async throws(PluginError) -> [Int64?]

    /// Returns for each place the newest state of a learner of this fit after a bar not later than its event time; `nil` where none
    /// is kept.
    func learned(through places: [OutcomePlace], fit: String) async throws(PluginError) -> [LearnedState?]

    /// Returns what became of predictions, the last ones in ascending order of when it became known.
    func outcomes(_ query: OutcomeQuery) async throws(PluginError) -> [StoredOutcome]

    /// Returns predictions with or without an outcome, in ascending order of the event time they were made from, which `range` is
    /// about; the first `offset` are left out.
    func predictions(_ query: OutcomeQuery, offset: Int) async throws(PluginError) -> [StoredPrediction]
}

/// Whose predictions of which instrument.
package struct OutcomeKey: Sendable, Hashable {
    /// The pipeline.
    package let pipeline: String
    /// Span of its bars.
    package let timeframe: Timeframe
    /// The model instance.
    package let model: String
    /// What it predicts, in words: after a change of that it is another one.
    package let target: String
    /// The instrument.
    package let instrument: Instrument
    /// The version that only shadows; 0 for what serves.
    package let shadow: Int

    /// Creates a key.
    package init(
        pipeline: String, timeframe: Timeframe, model: String, target: String, instrument: Instrument, shadow: Int = 0
    ) {
        self.shadow = shadow
        self.pipeline = pipeline
        self.timeframe = timeframe
        self.model = model
        self.target = target
        self.instrument = instrument
    }
}

/// An event time in somebody's predictions of an instrument.
package struct OutcomePlace: Sendable, Hashable {
    /// Whose predictions of which instrument.
    package let key: OutcomeKey
    /// The event time, nanoseconds since the Unix epoch, UTC.
    package let time: Int64

    /// Creates a place.
    package init(_ key: OutcomeKey, at time: Int64) { (self.key, self.time) = (key, time) }
}

/// A prediction as the store keeps it.
package struct KeptPrediction: Sendable, Hashable {
    /// The model instance.
    package let model: String
    /// What is predicted, in words.
    package let target: String
    /// The instrument.
    package let instrument: InstrumentID
    /// Event time of what it was made from.
    package let time: Int64
    /// How many bars ahead it looks.
    package let horizon: Int
    /// What was predicted.
    package let value: Double
    /// Those of the prediction.
    package let flags: EventFlags
    /// Event time of the bar that completed the horizon; `nil` before.
    package var known: Int64?
    /// What came; NaN before, and where there is none.
    package var actual: Double
    /// The version that predicted; 0 where it is none.
    package let version: Int
    /// The version, where it only shadows; 0 for what serves.
    package let shadow: Int

    /// Creates a prediction.
    package init(
        model: String, target: String, instrument: InstrumentID, time: Int64, horizon: Int, value: Double,
        flags: EventFlags = [], known: Int64? = nil, actual: Double = .nan, version: Int = 0, shadow: Int = 0
    ) {
        (self.version, self.shadow) = (version, shadow)
        self.model = model
        self.target = target
        self.instrument = instrument
        self.time = time
        self.horizon = horizon
        self.value = value
        self.flags = flags
        self.known = known
        self.actual = actual
    }
}

/// What the rows of an instrument have taught a model, up to a bar.
package struct LearnedState: Sendable, Hashable {
    /// The model instance.
    package let model: String
    /// What is predicted, in words.
    package let target: String
    /// The instrument.
    package let instrument: InstrumentID
    /// Event time of the last bar it has seen.
    package let time: Int64
    /// The fit it began with.
    package let fit: String
    /// Counts the states of an instrument and fit.
    package let number: Int
    /// Labels learned since the fit.
    package let labels: Int
    /// What `OutcomeStage` needs to go on.
    package let bytes: [UInt8]
    /// The version that only shadows; 0 for what serves.
    package let shadow: Int

    /// Creates a state.
    package init(
        model: String, target: String, instrument: InstrumentID, time: Int64, fit: String, number: Int, labels: Int,
        bytes: [UInt8], shadow: Int = 0
    ) {
        self.shadow = shadow
        self.model = model
        self.target = target
        self.instrument = instrument
        self.time = time
        self.fit = fit
        self.number = number
        self.labels = labels
        self.bytes = bytes
    }
}

extension LearnedState {
    /// States that are kept of an instrument and fit in any case: the newest ones.
    package static let newest = 4
    /// States that are counted back: older ones go.
    package static let oldest = 512

    /// Event times that are multiples of this are those after which the state of every instrument is kept, whatever bars it has:
    /// the last one before. So where instruments are compared all go on after the same time.
    package static func span(of timeframe: Timeframe) -> Int64 {
        let (span, overflows) = timeframe.nanoseconds.multipliedReportingOverflow(by: 64)
        return overflows ? .max : span
    }
}

/// Which outcomes or predictions are asked for.
package struct OutcomeQuery: Sendable, Hashable {
    /// The model instance; `nil` for every one.
    package var model: String?
    /// The pipeline; `nil` for every one.
    package var pipeline: String?
    /// Span of its bars; `nil` for every one.
    package var timeframe: Timeframe?
    /// Instruments; empty for every one.
    package var instruments: [Instrument] = []
    /// Whether those of shadows are asked for, in place of those of what served.
    package var ofShadows = false
    /// When outcomes became known, or what predictions were made from is of, nanoseconds since the Unix epoch, both ends included.
    package var range: ClosedRange<Int64> = .min ... .max
    /// Most to return.
    package var limit = 1_000

    /// Creates a query for all there is.
    package init() {}
}

/// A prediction with where it belongs.
package struct StoredPrediction: Sendable, Hashable {
    /// The pipeline.
    package let pipeline: String
    /// The instrument.
    package let instrument: Instrument
    /// The prediction.
    package let prediction: KeptPrediction

    /// Creates one.
    package init(pipeline: String, instrument: Instrument, prediction: KeptPrediction) {
        self.pipeline = pipeline
        self.instrument = instrument
        self.prediction = prediction
    }
}

/// An outcome with where it belongs.
package struct StoredOutcome: Sendable, Hashable {
    /// The pipeline.
    package let pipeline: String
    /// Span of its bars.
    package let timeframe: String
    /// The instrument.
    package let instrument: Instrument
    /// What became of the prediction.
    package let outcome: Outcome
    /// The version that predicted; 0 where it is none.
    package let version: Int
    /// Whether that only shadowed.
    package let isShadow: Bool

    /// Creates an outcome.
    package init(
        pipeline: String, timeframe: String, instrument: Instrument, outcome: Outcome, version: Int = 0,
        isShadow: Bool = false
    ) {
        (self.version, self.isShadow) = (version, isShadow)
        self.pipeline = pipeline
        self.timeframe = timeframe
        self.instrument = instrument
        self.outcome = outcome
    }
}
