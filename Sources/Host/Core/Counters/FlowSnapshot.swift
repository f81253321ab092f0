package import PluginKit

/// What became of everything a pipeline was given. The numbers add up:
///
/// - `received = accepted + sum(rejected) + undecided`
/// - for each model: `accepted = predicted + sum(notPredicted)`
/// - for each sink: `offered = delivered + sum(dropped) + sum(refused) + waiting`
package struct FlowSnapshot: Sendable, Hashable {
    /// Counters of one model.
    package struct Model: Sendable, Hashable {
        /// The model instance.
        package var id: String
        /// Predictions made.
        package var predicted: Int = 0
        /// Accepted events without a prediction, by reason.
        package var notPredicted = ReasonCounts()
        /// Predictions with a flag, by flag.
        package var flagged = ReasonCounts()

        /// Creates counters at zero.
        package init(id: String) { self.id = id }
    }

    /// Counters of one sink, in rows.
    package struct Sink: Sendable, Hashable {
        /// The sink instance.
        package var id: String
        /// Rows put before the sink's queue.
        package var offered: Int = 0
        /// Rows the sink took and made durable.
        package var delivered: Int = 0
        /// Rows that are not delivered, by reason: `queue_full_oldest`, `queue_full_newest`, `spill_full`, `spill_failed`,
        /// `stopped`, `write_failed`, `given_up`, `replaced`; `unconfirmed` are those the sink was given and may have.
        package var dropped = ReasonCounts()
        /// Rows the sink refused, by its reason; reasons beyond a bound count as `other`.
        package var refused = ReasonCounts()
        /// Rows in the queue, on disk, being written, or written and not confirmed by a flush.
        package var waiting: Int = 0
        /// Rows not offered: durable since an earlier run.
        package var alreadyDurable: Int = 0

        /// Creates counters at zero.
        package init(id: String) { self.id = id }

        /// Whether the counters add up.
        package var addsUp: Bool {
            offered == delivered + dropped.total + refused.total + waiting
        }
    }

    /// The pipeline.
    package var pipeline: String
    /// Rows the provider gave, readable or not.
    package var received: Int = 0
    /// Events that passed the quality stage.
    package var accepted: Int = 0
    /// Rows that did not, by reason.
    package var rejected = ReasonCounts()
    /// Refused rows that are counted and not in quarantine: more of one instrument and reason than it takes.
    package var omitted: Int = 0
    /// Accepted events that are unusual, by what is unusual: `crossed`, `zero_size`.
    package var doubts = ReasonCounts()
    /// Events that wait for the ones after them: too far from the level of the price to be accepted at once.
    package var undecided: Int = 0
    /// What became of the rows of each instrument that has refused ones.
    package var shares: [InstrumentID: RefusalShare] = [:]
    /// Alerts that were raised, by rule.
    package var alerts = ReasonCounts()
    /// The newest event time accepted, nanoseconds since the Unix epoch, UTC; `nil` before the first.
    package var lastEvent: Int64?
    /// How long calls took.
    package var calls: [Call: Histogram] = [:]
    /// Counters of each model.
    package var models: [Model] = []
    /// Counters of each sink.
    package var sinks: [Sink] = []
    /// Deliveries waiting between provider and pipeline, counted once a partition.
    package var ingestWaiting: Int = 0

    /// Creates counters at zero.
    package init(pipeline: String) { self.pipeline = pipeline }

    /// Instruments of which most rows were refused, or all of the last ones.
    package var mostlyRefused: [InstrumentID] { shares.filter(\.value.isMost).keys.sorted() }

    /// Whether every equation holds.
    package var addsUp: Bool {
        received == accepted + rejected.total + undecided
            && models.allSatisfy { accepted == $0.predicted + $0.notPredicted.total }
            && sinks.allSatisfy(\.addsUp)
    }
}
