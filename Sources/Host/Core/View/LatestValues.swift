package import PluginKit
import Synchronization

/// The newest event and predictions of each instrument in each pipeline: what a reader outside the pipelines sees.
///
/// Two pipelines of one instrument, of days and of minutes, stand beside each other; answers list them by pipeline id.
/// Workers write once a batch, readers copy small values out; nothing waits on I/O under the lock.
package final class LatestValues: Sendable {
    /// The newest event of an instrument.
    package struct Entry: Sendable {
        /// The event.
        package var event: LatestEvent
        /// Close of the bar before; NaN for the first, and for other kinds.
        package var previousClose: Double
        /// The pipeline it came through.
        package var pipeline: String
        /// The provider instance it came from.
        package var source: String
        /// Span of its pipeline's bars.
        package var timeframe: Timeframe
        /// Grows with each change of this entry.
        package var version: UInt64
    }

    /// The newest prediction of one model for an instrument in one pipeline.
    package struct PredictionEntry: Sendable {
        /// The model instance.
        package var model: String
        /// What is predicted: `return over 1 bar`.
        package var target: String
        /// The version that predicted; 0 where it is none.
        package var version: Int
        /// The prediction.
        package var prediction: Prediction
        /// The interval around it; `nil` where the model gives none, or too little is known yet.
        package var interval: PredictionBatch.Interval?
        /// Whether it was made from a row outside of what the fit had learned from; `nil` where the model does not say.
        package var abstains: Bool?
        /// How many members an ensemble was made of; `nil` of other models.
        package var members: Int?
        /// The pipeline it came from.
        package var pipeline: String
        /// Span of the bars it was made from.
        package var timeframe: Timeframe
    }

    /// The newest events of a pipeline, by the number of the instrument.
    private struct Series {
        let pipeline: String
        var entries: [Entry?] = []
        /// Where the last two instants of each instrument stand in a batch; -1 for none.
        private var ends: [(before: Int, last: Int)] = []
        private var touched = TouchedPlaces()

        init(pipeline: String) { self.pipeline = pipeline }

        func entry(_ id: InstrumentID) -> Entry? {
            entries.indices.contains(Int(id.rawValue)) ? entries[Int(id.rawValue)] : nil
        }

        /// Takes the newest bar of each instrument, and first the one before, whose close it is compared with.
        mutating func take(_ bars: [Bar], _ source: String, _ timeframe: Timeframe, _ version: UInt64) {
            find(bars)
            for place in touched.places {
                let (before, last) = ends[place]
                if before >= 0 { take(bars[before], source, timeframe, version) }
                take(bars[last], source, timeframe, version)
            }
            forget()
        }

        private mutating func take(_ bar: Bar, _ source: String, _ timeframe: Timeframe, _ version: UInt64) {
            let index = place(of: bar.instrument)
            guard entries[index]?.timeframe == timeframe, let held = entries[index]?.event.bar else {
                entries[index] = entry(.bar(bar), source, timeframe, version)
                return
            }
            guard bar.time >= held.time else { return }
            // A change from one level to another is no movement of the price.
            if bar.time > held.time {
                entries[index]?.previousClose = bar.flags.contains(.newLevel) ? .nan : held.close
            }
            entries[index]?.event = .bar(bar)
            entries[index]?.source = source
            entries[index]?.version = version
        }

        /// Takes the newest event of each instrument.
        mutating func take<Event: MarketEvent>(
            _ events: [Event], _ shown: (Event) -> LatestEvent, _ source: String, _ timeframe: Timeframe,
            _ version: UInt64
        ) {
            find(events)
            for place in touched.places {
                let event = events[ends[place].last]
                if let held = entries[place]?.event, held.kind == Event.kind, event.time < held.time { continue }
                entries[place] = entry(shown(event), source, timeframe, version)
            }
            forget()
        }

        /// Notes where the newest event of each instrument stands, and the one of the instant before; an older one behind
        /// them says nothing. Readers see no more of a batch.
        private mutating func find<Event: MarketEvent>(_ events: [Event]) {
            for index in events.indices {
                let place = place(of: events[index].instrument)
                let last = ends[place].last
                if last < 0 {
                    touched.insert(place)
                } else if events[index].time > events[last].time {
                    ends[place].before = last
                } else if events[index].time < events[last].time {
                    continue
                }
                ends[place].last = index
            }
        }

        private mutating func forget() {
            for place in touched.places { ends[place] = (-1, -1) }
            touched.removeAll()
        }

        private mutating func place(of instrument: InstrumentID) -> Int {
            let index = Int(instrument.rawValue)
            while entries.count <= index {
                entries.append(nil)
                ends.append((-1, -1))
            }
            return index
        }

        private func entry(
            _ event: LatestEvent, _ source: String, _ timeframe: Timeframe, _ version: UInt64
        ) -> Entry {
            Entry(
                event: event, previousClose: .nan, pipeline: pipeline, source: source, timeframe: timeframe,
                version: version)
        }
    }

    private struct State {
        /// By pipeline id.
        var series: [Series] = []
        var predictions: [InstrumentID: [PredictionEntry]] = [:]
        var version: UInt64 = 0
    }

    private let state = Mutex(State())
    /// Where prices go besides.
    private let prices: PriceFeed?

    /// Creates an empty set; `prices` is given what comes.
    package init(prices: PriceFeed? = nil) { self.prices = prices }

    /// Grows with every change; equal versions mean equal answers.
    package var version: UInt64 { state.withLock { $0.version } }

    /// Takes the bars of a batch, in order per instrument; an older bar than the one held changes nothing.
    package func update(bars: [Bar], pipeline: String, source: String, timeframe: Timeframe) {
        guard !bars.isEmpty else { return }
        state.withLock { state in
            state.version += 1
            let place = Self.place(of: pipeline, &state)
            state.series[place].take(bars, source, timeframe, state.version)
        }
        prices?.offer(.bars(bars))
    }

    /// Takes the events of a batch that are shown: bars, trades, quotes and order books, the last of each instrument.
    package func update(events: EventBatch, pipeline: String, source: String, timeframe: Timeframe) {
        switch events {
        case .bars(let bars): update(bars: bars, pipeline: pipeline, source: source, timeframe: timeframe)
        case .trades(let trades): update(trades, LatestEvent.trade, pipeline, source, timeframe)
        case .quotes(let quotes): update(quotes, LatestEvent.quote, pipeline, source, timeframe)
        case .orderBooks(let books): update(books, LatestEvent.orderBook, pipeline, source, timeframe)
        case .figures, .factors: break
        }
        if events.kind != .bar { prices?.offer(events) }
    }

    private func update<Event: MarketEvent>(
        _ events: [Event], _ shown: (Event) -> LatestEvent, _ pipeline: String, _ source: String, _ timeframe: Timeframe
    ) {
        guard !events.isEmpty else { return }
        state.withLock { state in
            state.version += 1
            let place = Self.place(of: pipeline, &state)
            state.series[place].take(events, shown, source, timeframe, state.version)
        }
    }

    /// Takes the predictions of a batch, in order per instrument.
    package func update(
        predictions batch: PredictionBatch, of versions: ServedVersions = ServedVersions(), pipeline: String,
        timeframe: Timeframe
    ) {
        guard !batch.rows.isEmpty else { return }
        state.withLock { state in
            state.version += 1
            for (place, row) in batch.rows.enumerated() {
                let entry = PredictionEntry(
                    model: batch.model, target: batch.target, version: versions[place], prediction: row,
                    interval: batch.interval(of: place), abstains: batch.abstains(of: place),
                    members: batch.members(of: place), pipeline: pipeline, timeframe: timeframe)
                Self.take(entry, &state.predictions[row.instrument, default: []])
            }
        }
    }

    /// Forgets what came through pipelines, and from models of theirs, that do not run any more.
    package func keep(_ models: [String: Set<String>]) {
        state.withLock { state in
            state.version += 1
            state.series.removeAll { models[$0.pipeline] == nil }
            for id in state.predictions.keys {
                state.predictions[id]?.removeAll { models[$0.pipeline]?.contains($0.model) != true }
            }
        }
    }

    /// Returns the newest event of an instrument in each pipeline that has one.
    package func entries(_ id: InstrumentID) -> [Entry] {
        state.withLock { $0.series.compactMap { $0.entry(id) } }
    }

    /// Returns the newest predictions for an instrument, one a pipeline and model.
    package func predictions(_ id: InstrumentID) -> [PredictionEntry] {
        state.withLock { $0.predictions[id] ?? [] }
    }

    /// Returns the instruments that have an event, in order of their numbers.
    package var instruments: [InstrumentID] {
        state.withLock { state in
            let count = state.series.map(\.entries.count).max() ?? 0
            return (0..<count).map { InstrumentID(rawValue: UInt32($0)) }
                .filter { id in state.series.contains { $0.entry(id) != nil } }
        }
    }

    /// Returns where a pipeline's series is; a new one is put in order.
    private static func place(of pipeline: String, _ state: inout State) -> Int {
        if let place = state.series.firstIndex(where: { $0.pipeline == pipeline }) { return place }
        let place = state.series.firstIndex { $0.pipeline > pipeline } ?? state.series.count
        state.series.insert(Series(pipeline: pipeline), at: place)
        return place
    }

    private static func take(_ entry: PredictionEntry, _ held: inout [PredictionEntry]) {
        guard let place = held.firstIndex(where: { $0.model == entry.model && $0.pipeline == entry.pipeline }) else {
            held.insert(entry, at: held.firstIndex { $0.pipeline > entry.pipeline } ?? held.count)
            return
        }
        if held[place].prediction.time <= entry.prediction.time || held[place].timeframe != entry.timeframe {
            held[place] = entry
        }
    }
}
