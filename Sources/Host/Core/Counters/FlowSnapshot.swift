package import PluginKit

/// What became of everything a pipeline was given. The numbers add up:
///
/// - for each input: `received + filled = accepted + corrections + sum(rejected) + undecided`
/// - for each model: `rows = predicted + sum(notPredicted)`
/// - for each sink: `offered = delivered + sum(dropped) + sum(refused) + waiting`
@dynamicMemberLookup
package struct FlowSnapshot: Sendable, Hashable {
    /// Counters of one input.
    package struct Input: Sendable, Hashable {
        /// Its name; empty for the driving one.
        package var name: String
        /// Rows the provider gave, readable or not.
        package var received: Int = 0
        /// Events that passed the quality stage.
        package var accepted: Int = 0
        /// Events that made rows, or are carried: those accepted, or the bars that were built of them.
        package var rows: Int = 0
        /// Accepted events that are in no bar, by reason, where bars are built: `late`, `outside_session`,
        /// `hours_not_known`, `repeated`.
        package var unused = ReasonCounts()
        /// Events that correct accepted ones: they go to the store and from there to sinks.
        package var corrections: Int = 0
        /// Rows that did not, by reason.
        package var rejected = ReasonCounts()
        /// About how many rows earlier runs refused of the stream that this one goes on with.
        package var refusedBefore: Int = 0
        /// Refused rows that are counted and not in quarantine: more of one instrument and reason than it takes.
        package var omitted: Int = 0
        /// Accepted events that are unusual, by what is unusual: `crossed`, `zero_size`, `outside_session`.
        package var doubts = ReasonCounts()
        /// Events that wait for the ones after them: too far from the level of the price to be accepted at once.
        package var undecided: Int = 0
        /// What became of the rows of each instrument that has refused ones.
        package var shares: [InstrumentID: RefusalShare] = [:]
        /// The newest event time accepted, nanoseconds since the Unix epoch, UTC; `nil` before the first.
        package var lastEvent: Int64?
        /// Driving rows that have no values of it, by reason: `no_event`, `too_old`, `late_row`.
        package var missing = ReasonCounts()

        /// Whether bars are built of what comes: then others make rows than those that were accepted.
        package var isShaped = false
        /// Whether rows wait until those of other instruments are there, to be compared.
        package var isSectioned = false
        /// What comparing them did.
        package var section = SectionTally()

        /// Creates counters at zero.
        package init(name: String = "") { self.name = name }

        /// Refused rows but for those that were there already.
        var lost: Int { rejected.total - (rejected[QualityReason.duplicate.rawValue] ?? 0) }

        /// Bars that the venue's calendar has and nobody gave, by what became of them: `left`, `filled`.
        package var missingBars: ReasonCounts {
            let kinds = [(QualityDoubt.missing, "left"), (.filled, "filled")]
            return kinds.reduce(into: ReasonCounts()) { counts, kind in
                if let count = doubts[kind.0.rawValue] { counts[kind.1, default: 0] += count }
            }
        }

        /// Accepted events that are unusual by themselves.
        package var suspects: ReasonCounts {
            doubts.reduce(into: ReasonCounts()) { counts, doubt in
                let isMissing = [QualityDoubt.missing, .filled].contains { $0.rawValue == doubt.key }
                if !isMissing { counts[doubt.key, default: 0] += doubt.value }
            }
        }

        /// Whether the counters add up.
        package var addsUp: Bool {
            received + (missingBars["filled"] ?? 0) == accepted + corrections + rejected.total + undecided
        }
    }

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
        /// Predictions whose outcome became known, those of earlier runs too.
        package var outcomes: Int = 0
        /// Predictions that will have none: the price went over to another level, or is not above zero.
        package var undefinedOutcomes: Int = 0
        /// Labels it learned while it served, and labels it refused.
        package var learned: Int = 0
        package var notLearned: Int = 0
        /// The last outcomes.
        package var recent = OutcomeWindow()
        /// The last rows beside what was learned from, and the errors beside those of the tests.
        package var rows = FeatureWindow()
        package var errors = ErrorWatch()

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
    /// Counters of the driving input; its members can be read of the snapshot itself.
    package var driving = Input()
    /// Counters of the inputs beside it.
    package var sides: [Input] = []
    /// Events and refused rows that the store could not take in this run; the next run stores them.
    package var unstored: Int = 0
    /// Events that took the place of other versions in the store.
    package var revised: Int = 0
    /// Alerts that were raised, by rule.
    package var alerts = ReasonCounts()
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

    /// A counter of the driving input.
    package subscript<Value>(dynamicMember counter: WritableKeyPath<Input, Value>) -> Value {
        get { driving[keyPath: counter] }
        set { driving[keyPath: counter] = newValue }
    }

    /// What follows from the counters of the driving input.
    package subscript<Value>(dynamicMember figure: KeyPath<Input, Value>) -> Value { driving[keyPath: figure] }

    /// Instruments of which most rows were refused, or all of the last ones.
    package var mostlyRefused: [InstrumentID] { driving.shares.filter(\.value.isMost).keys.sorted() }

    /// The counters of an input; 0 is the driving one.
    subscript(input number: Int) -> Input {
        get { number == 0 ? driving : sides[number - 1] }
        set { if number == 0 { driving = newValue } else { sides[number - 1] = newValue } }
    }

    /// Whether every equation holds.
    package var addsUp: Bool {
        driving.addsUp && sides.allSatisfy(\.addsUp)
            && models.allSatisfy { driving.rows == $0.predicted + $0.notPredicted.total }
            && sinks.allSatisfy(\.addsUp)
    }
}
