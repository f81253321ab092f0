/// What a model says about one instrument, made from everything known at `time`.
@frozen public struct Prediction: Sendable, Hashable {
    /// Event time of what it was made from, nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// The prediction itself, in the target's unit; further columns stand in the batch.
    public var value: Double
    /// Price of the event it was made from, in the quote currency: the close of a bar.
    public var price: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// Why to be careful: stale data, a hole before it.
    public var flags: EventFlags

    /// Creates a prediction.
    @inlinable public init(
        time: Int64, value: Double, price: Double, instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.value = value
        self.price = price
        self.instrument = instrument
        self.flags = flags
    }
}

/// What became of a prediction, by the definition of its model's target.
public struct Outcome: Sendable, Hashable {
    /// When it became known: event time of the bar that completes the horizon, nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// The model instance.
    public var model: String
    /// Event time of what the prediction was made from.
    public var predictedAt: Int64
    /// How many bars ahead it looked.
    public var horizon: Int
    /// What was predicted, in the target's unit.
    public var value: Double
    /// What came, in the same unit.
    public var actual: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// Those of the prediction: why to be careful with it.
    public var flags: EventFlags

    /// Creates an outcome.
    public init(
        time: Int64, model: String, predictedAt: Int64, horizon: Int, value: Double, actual: Double,
        instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.model = model
        self.predictedAt = predictedAt
        self.horizon = horizon
        self.value = value
        self.actual = actual
        self.instrument = instrument
        self.flags = flags
    }

    /// What was predicted less what came.
    public var error: Double { value - actual }
}

/// Something a person should know about: a risk rule, a data fault, a failing part.
public struct Alert: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable {
        /// Worth knowing.
        case info
        /// Needs a look.
        case warning
        /// Needs action.
        case critical
    }

    /// Event time of what caused it, nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// The rule, `snake_case`: `stale_prediction`.
    public var rule: String
    /// How bad it is.
    public var severity: Severity
    /// The instrument, where it is about one.
    public var instrument: InstrumentID?
    /// One sentence of facts.
    public var message: String

    /// Creates an alert.
    public init(time: Int64, rule: String, severity: Severity, instrument: InstrumentID?, message: String) {
        self.time = time
        self.rule = rule
        self.severity = severity
        self.instrument = instrument
        self.message = message
    }
}

/// The state of one part of the host at one instant.
public struct StatusRecord: Sendable, Hashable {
    /// When it changed, nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// The part, as `kind/id`.
    public var component: String
    /// The new state: `starting`, `ok`, `degraded`, `failed`, `draining`, `stopped`.
    public var state: String
    /// One sentence of facts; empty where the state says it all.
    public var message: String

    /// Creates a status.
    public init(time: Int64, component: String, state: String, message: String) {
        self.time = time
        self.component = component
        self.state = state
        self.message = message
    }
}
