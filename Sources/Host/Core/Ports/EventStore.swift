package import PluginKit

/// Keeps accepted events, every version of each: what was known is never overwritten. Implemented by storage.
package protocol EventStore: Sendable {
    /// Stores what deliveries left, in order, all of it or nothing: durable when it returns.
    ///
    /// An event equal to the newest stored version changes nothing, a different one becomes a new version. Returns what
    /// took the place of another version, and what corrections changed. Throws `.environment` (disk full, read-only) or
    /// `.corrupted`.
    @discardableResult
    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision]

    /// Returns what took the place of another version after an instant, and is the newest one now, in the order it was stored.
    func revisions(
        _ kind: EventKind, of pipeline: String, timeframe: Timeframe, after storedAt: Int64
    ) async throws(PluginError) -> [Revision]

    /// Returns events of one kind and instrument in ascending event time.
    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>]

    /// Returns what each of several queries asks for, in their order; of many instruments that costs far less than a call each.
    func events<Event: MarketEvent>(
        _ type: Event.Type, each queries: [EventQuery]
    ) async throws(PluginError) -> [[StoredEvent<Event>]]

    /// Returns for each query the newest kept states of a pipeline's indicators for its events, not later than the end of its
    /// range; `nil` where there are none of this plan.
    func indicatorStates(
        _ kind: EventKind, each queries: [EventQuery], plan: String
    ) async throws(PluginError) -> [IndicatorState?]
}

extension EventStore {
    /// Asks one after the other.
    package func events<Event: MarketEvent>(
        _ type: Event.Type, each queries: [EventQuery]
    ) async throws(PluginError) -> [[StoredEvent<Event>]] {
        var found: [[StoredEvent<Event>]] = []
        for query in queries { found.append(try await events(type, query)) }
        return found
    }

    /// Knows none.
    package func indicatorStates(
        _ kind: EventKind, each queries: [EventQuery], plan: String
    ) async throws(PluginError) -> [IndicatorState?] { queries.map { _ in nil } }

    /// Knows none.
    package func revisions(
        _ kind: EventKind, of pipeline: String, timeframe: Timeframe, after storedAt: Int64
    ) async throws(PluginError) -> [Revision] { [] }

    /// Returns the newest versions of bars in ascending event time, at most `limit` of the latest.
    package func bars(
        of instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>, limit: Int
    ) async throws(PluginError) -> [StoredBar] {
        try await events(
            Bar.self, EventQuery(instrument: instrument, timeframe: timeframe, range: range, limit: limit))
    }
}

/// What one delivery leaves in the store.
package struct StoreEntry: Sendable {
    /// The pipeline that accepted it.
    package let pipeline: String
    /// Span of the bars; means nothing for other kinds.
    package let timeframe: Timeframe
    /// Where it comes from.
    package let provenance: Provenance
    /// The events, in the order they were accepted.
    package let events: EventBatch
    /// When they arrived, nanoseconds since the Unix epoch, UTC: from then on they are known. `nil` where the past was
    /// filled in: then an event counts as known from its own time on.
    package let arrival: Int64?
    /// Whether they correct accepted events, and went no further than here.
    package let isCorrection: Bool
    /// Which of the events of its instant each of them is; empty where they are in their order, from 0 on.
    package let places: [UInt32]
    /// Predictions that were made from the events or have an outcome by them.
    package let predictions: [KeptPrediction]
    /// What models have learned by them.
    package let learned: [LearnedState]
    /// States of indicators before them.
    package let states: [IndicatorState]

    /// Creates an entry.
    package init(
        pipeline: String, timeframe: Timeframe, provenance: Provenance, events: EventBatch, arrival: Int64? = nil,
        isCorrection: Bool = false, places: [UInt32] = [], predictions: [KeptPrediction] = [],
        learned: [LearnedState] = [], states: [IndicatorState] = []
    ) {
        self.states = states
        self.places = places
        self.predictions = predictions
        self.learned = learned
        self.isCorrection = isCorrection
        self.pipeline = pipeline
        self.timeframe = timeframe
        self.provenance = provenance
        self.events = events
        self.arrival = arrival
    }

    /// Returns it with a flag on every event.
    func marking(_ flag: EventFlags) -> StoreEntry {
        StoreEntry(
            pipeline: pipeline, timeframe: timeframe, provenance: provenance,
            events: events.marking(flag) { _, _ in true }, arrival: arrival, isCorrection: isCorrection, places: places)
    }

    /// How many rows it has.
    package var size: Int { events.count + predictions.count + learned.count + states.count }
}

/// Events of one provenance that took the place of other versions in the store.
package struct Revision: Sendable {
    /// The pipeline that accepted them.
    package let pipeline: String
    /// Span of the bars; means nothing for other kinds.
    package let timeframe: Timeframe
    /// Where they come from.
    package let provenance: Provenance
    /// The events, each flagged `.revised`.
    package let events: EventBatch
    /// Whether they came as corrections, so that no sink was offered them yet.
    package let isCorrection: Bool
    /// When the host stored them, nanoseconds since the Unix epoch, UTC.
    package let storedAt: Int64

    /// Creates a revision.
    package init(
        pipeline: String, timeframe: Timeframe, provenance: Provenance, events: EventBatch, isCorrection: Bool = false,
        storedAt: Int64
    ) {
        self.pipeline = pipeline
        self.timeframe = timeframe
        self.provenance = provenance
        self.events = events.marking(.revised) { _, _ in true }
        self.isCorrection = isCorrection
        self.storedAt = storedAt
    }

    /// The same of some of its events.
    func with(_ events: EventBatch) -> Revision {
        Revision(
            pipeline: pipeline, timeframe: timeframe, provenance: provenance, events: events,
            isCorrection: isCorrection,
            storedAt: storedAt)
    }
}

/// Which events are asked for.
package struct EventQuery: Sendable, Hashable {
    /// The instrument.
    package let instrument: Instrument
    /// Span of the bars; means nothing for other kinds.
    package let timeframe: Timeframe
    /// Whose events; `nil` for those of every pipeline: of one event time the one stored last.
    package let pipeline: String?
    /// Event times, nanoseconds since the Unix epoch, both ends included.
    package let range: ClosedRange<Int64>
    /// What became known later is passed over; nanoseconds since the Unix epoch, UTC.
    package let asOf: Int64
    /// Most events to return.
    package let limit: Int
    /// Whether the first of the range are returned where there are more; else the last.
    package let isFromStart: Bool

    /// Creates a query; the newest versions of all there is, where nothing else is said.
    package init(
        instrument: Instrument, timeframe: Timeframe, pipeline: String? = nil,
        range: ClosedRange<Int64> = .min ... .max, asOf: Int64 = .max, limit: Int = .max, isFromStart: Bool = false
    ) {
        self.instrument = instrument
        self.timeframe = timeframe
        self.pipeline = pipeline
        self.range = range
        self.asOf = asOf
        self.limit = limit
        self.isFromStart = isFromStart
    }
}

/// An event with where it came from and since when it is known.
package struct StoredEvent<Event: MarketEvent>: Sendable {
    /// The event.
    package let event: Event
    /// Where it came from.
    package let provenance: Provenance
    /// 1 for the first version, then 2, 3 ...
    package let version: Int
    /// From when on it could be known, nanoseconds since the Unix epoch, UTC.
    package let knownAt: Int64
    /// When the host stored it, nanoseconds since the Unix epoch, UTC.
    package let storedAt: Int64
    /// Which of the events of its instant it is, where they are told by that.
    package let place: UInt32

    /// Creates a stored event.
    package init(
        event: Event, provenance: Provenance, version: Int, knownAt: Int64, storedAt: Int64, place: UInt32 = 0
    ) {
        self.place = place
        self.event = event
        self.provenance = provenance
        self.version = version
        self.knownAt = knownAt
        self.storedAt = storedAt
    }

    /// The provider instance that gave it.
    package var source: String { provenance.source }
}

/// A stored bar.
package typealias StoredBar = StoredEvent<Bar>

extension StoredEvent where Event == Bar {
    /// The bar.
    package var bar: Bar { event }
}

/// Remembers how far each sink is durable, so a restart delivers only the rest. Implemented by storage.
package protocol WatermarkStore: Sendable {
    /// Returns how far each instrument is durable in a sink; empty for an unknown key.
    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark]
    /// Stores marks, all or none; an earlier one never replaces a later one.
    func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError)
    /// Forgets everything of a pipeline's sink, however it was configured: it holds nothing any more.
    func forget(pipeline: String, sink: String) async throws(PluginError)
    /// Returns where a pipeline's stream stood; `nil` where that is not known.
    func position(of pipeline: String) async throws(PluginError) -> StreamMark?
    /// Stores where a pipeline's stream stands; `nil` forgets it.
    func keep(_ mark: StreamMark?, of pipeline: String) async throws(PluginError)
}

/// A place in a provider's stream: everything before it is durable in the store and every sink.
package struct StreamMark: Sendable, Hashable {
    /// Digest of everything that decides what the stream holds; in another stream the place means nothing.
    package let digest: String
    /// The place, in the provider's words.
    package let position: StreamPosition
    /// Whether the store has had all the past there was: then it can stand for the provider's history.
    package let isWhole: Bool
    /// About how many rows were refused up to there.
    package let refused: Int
    /// Instruments of which the last row was refused: their next one comes after a hole.
    package let afterRefused: [Instrument]
    /// What came before the place of each instrument whose events share instants.
    package let reached: [Instrument: EventMark]

    /// Creates a mark.
    package init(
        digest: String, position: StreamPosition, isWhole: Bool, refused: Int = 0, afterRefused: [Instrument] = [],
        reached: [Instrument: EventMark] = [:]
    ) {
        self.reached = reached
        self.refused = refused
        self.afterRefused = afterRefused
        self.digest = digest
        self.isWhole = isWhole
        self.position = position
    }
}

extension WatermarkStore {
    /// Knows none.
    package func position(of pipeline: String) async throws(PluginError) -> StreamMark? { nil }

    /// Keeps none.
    package func keep(_ mark: StreamMark?, of pipeline: String) async throws(PluginError) {}

    /// Keeps nothing that could be forgotten.
    package func forget(pipeline: String, sink: String) async throws(PluginError) {}
}

/// What a watermark belongs to: a stream of records of a sink of a pipeline, as they were configured.
package struct WatermarkKey: Sendable, Hashable {
    /// The pipeline.
    package let pipeline: String
    /// The sink instance.
    package let sink: String
    /// Digest of everything that decides what the records of the stream are; another configuration starts anew.
    package let digest: String

    /// Creates a key.
    package init(pipeline: String, sink: String, digest: String) {
        self.pipeline = pipeline
        self.sink = sink
        self.digest = digest
    }
}
