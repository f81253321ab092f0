package import PluginKit

/// One input of a pipeline: where its events come from, how they are judged, and what is computed of them.
package struct InputPlan: Sendable {
    /// Its name in the pipeline; empty for the one that drives it.
    package let name: String
    /// The kind of its events.
    package let kind: EventKind
    /// Span of its bars.
    package let timeframe: Timeframe
    /// Where it comes from.
    package let route: RoutePlan
    /// Whether all of its providers play the past again: then events are put in order by their time.
    package let isReplay: Bool
    /// How it is asked, where it does not push; `nil` for one that pushes.
    package var pull: PullPlan?
    /// How long its data is tried for.
    package var policy = StreamPolicy(isOnce: true)
    /// Whether a provider whose data can grow is to wait for more at its end.
    package var waitsForMore = false
    /// Age above which the route marks an event as stale, nanoseconds; `nil` for any age.
    package var acceptedAge: Int64?
    /// What is accepted beyond what must be true of every event.
    package var rules = QualityRules()
    /// By what bars are missing; `nil` where nobody knows, or they are built.
    package var calendar: BarCalendar?
    /// Which of its trades lie outside sessions; `nil` for other kinds, and where bars are built of them, which leave those out.
    package var sessions: SessionWatch?
    /// How its bars are built of what its provider gives; `nil` where that is events of its kind.
    package var shape: ShapePlan?
    /// How its rows wait for each other, where columns compare the instruments; `nil` where none does.
    package var section: SectionPlan?
    /// What is computed of it.
    package var features: FeaturePlan
    /// Numbers of its events that are carried beside the driving ones, by name; none for the driving input itself.
    package var fields: [String] = []
    /// Age above which its values are carried no longer, nanoseconds; `nil` for any age.
    package var carriedAge: Int64?
    /// Digest of everything that decides what the provider's stream holds; `nil` where no run goes on after another.
    package var streamDigest: String?

    /// Creates an input; the driving one has no name.
    package init(
        name: String = "", kind: EventKind = .bar, timeframe: Timeframe, route: RoutePlan, isReplay: Bool,
        features: FeaturePlan = FeaturePlan(instances: [])
    ) {
        self.name = name
        self.kind = kind
        self.timeframe = timeframe
        self.route = route
        self.isReplay = isReplay
        self.features = features
    }

    /// The kind of event its provider gives.
    package var sourceKind: EventKind { shape?.source ?? kind }

    /// Span of the bars that its provider gives.
    package var sourceTimeframe: Timeframe { shape?.timeframe ?? timeframe }

    /// How often states of its indicators are kept, nanoseconds: every 64 bars; of other kinds every hour at least.
    var stateSpan: Int64 {
        let bars = LearnedState.span(of: timeframe)
        return kind == .bar ? bars : min(bars, 3_600_000_000_000)
    }

    /// Numbers of a row of its own: what its indicators give, then its fields.
    var width: Int { features.width + fields.count }

    /// What is carried under an age of its own: all of it together; of figures what each indicator gives, since the newest
    /// figure is rarely the one that it reads.
    var carriedParts: [(prefix: String, columns: Range<Int>)] {
        guard kind == .figure else { return [("", 0..<width)] }
        return [("", 0..<0)] + features.columns.map { ("\($0.id).", $0.offset..<$0.offset + $0.width) }
    }

    /// Names of the columns it adds to driving rows: of each part its age in seconds, then what is carried.
    package var carriedNames: [String] {
        let names = features.schema.names + fields
        return carriedParts.flatMap { ["\($0.prefix)age"] + names[$0.columns] }.map { "\(name).\($0)" }
    }

    /// Makes the stage of its kind of event, for some of its indicators.
    func stage(isKnown: [Bool] = [], _ features: FeaturePlan? = nil) -> any InputStage {
        let computed = features ?? self.features
        func make<Event: CheckedEvent>(_ type: Event.Type, _ features: FeaturePlan? = nil) -> EventInput<Event> {
            EventInput<Event>(
                features ?? computed, fields: fields.compactMap(Event.fieldNames.firstIndex), isKnown: isKnown,
                rules: rules, calendar: Event.kind == .bar && shape == nil ? calendar : nil,
                sessions: Event.kind == .trade ? sessions : nil)
        }
        if let section {
            let none = FeaturePlan(instances: [])
            let judging = shape?.stage(self, isKnown: isKnown, make(Bar.self, none)) ?? make(Bar.self, none)
            return SectionedInput(section, judging: judging, bars: make(Bar.self), isReplay: isReplay)
        }
        if let shape { return shape.stage(self, isKnown: isKnown, make(Bar.self)) }
        return switch kind {
        case .bar: make(Bar.self)
        case .trade: make(Trade.self)
        case .quote: make(Quote.self)
        case .orderBook: make(OrderBook.self)
        case .figure: make(Figure.self)
        case .factor: make(Factor.self)
        }
    }
}
