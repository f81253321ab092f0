import PluginKit

/// Which states of indicators are kept: those before the first event of each span of 64 timeframes, of an instrument that had
/// events before it. Of the spans that end inside one run of events only the last counts.
///
/// Of a past that is long over (`since`) one of every fourth span is held in memory, the newest of each instrument, until that past
/// is through (`endPast`): so nothing is written that nobody goes on from.
///
/// What an event costs is one comparison.
struct StateKeeping {
    private struct Slot {
        let instrument: InstrumentID
        /// Event time of its last event.
        var last = Int64.min
        /// When the next span begins.
        var next = Int64.min
        /// Event time through which its states had seen everything when a start went on with them.
        var resumed = Int64.min
        /// Event time of the state that is kept next.
        var due = Int64.min
        /// The state of a past that is long over, and the span that follows it.
        var past: IndicatorState?
        var pastSpan = Int64.min
        var isPast = false
    }

    /// Spans of a past that is long over from one state to the next.
    private static let pastSpans: Int64 = 4
    /// Bytes that such states may take; beyond, instruments that have none yet get none.
    private static let pastLimit = 32 << 20

    private let plan: String
    private let span: Int64
    private var slots: [Slot] = []
    /// Spans that begin before it are of a past that is long over, while it is filled in.
    var since = Int64.min
    private var pastBytes = 0
    /// Bytes of the state that was kept last: the next of the same indicators needs about as many.
    private var lastSize = 0
    /// What was kept since it was taken last.
    private var kept: [IndicatorState] = []

    /// Creates it for a plan whose bars span a 64th part of `span`, nanoseconds.
    init(plan: FeaturePlan, span: Int64) {
        self.plan = plan.digest
        self.span = max(1, span)
    }

    /// Goes over to another plan.
    init(plan: FeaturePlan, goingOn before: StateKeeping) {
        self.plan = plan.digest
        (span, slots, since) = (before.span, before.slots, before.since)
        for slot in slots.indices { slots[slot].past = nil }
    }

    /// Notes an instrument that is new.
    mutating func append(_ instrument: InstrumentID) { slots.append(Slot(instrument: instrument)) }

    /// Notes that an instrument's states had seen everything through an event time.
    mutating func resume(_ slot: Int, after time: Int64) {
        slots[slot].resumed = time
        slots[slot].last = time
        slots[slot].next = nextSpan(after: time)
    }

    /// Returns the first event of a run that the states have not seen, and that before which they are to be kept; the end of the run
    /// for none.
    mutating func look<Event: MarketEvent>(
        at events: UnsafeBufferPointer<Event>, _ run: Range<Int>, of slot: Int
    ) -> (first: Int, cut: Int) {
        var first = run.lowerBound
        let last = events[run.upperBound - 1].time
        if slots[slot].resumed > .min {
            while first < run.upperBound, events[first].time <= slots[slot].resumed { first += 1 }
            guard first < run.upperBound else { return (first, first) }
        }
        guard last >= slots[slot].next else {
            slots[slot].last = last
            return (first, run.upperBound)
        }
        let before = slots[slot].last
        slots[slot].last = last
        slots[slot].next = nextSpan(after: last)
        let start = slots[slot].next - span
        var cut = run.upperBound - 1
        while cut > first, events[cut - 1].time >= start { cut -= 1 }
        slots[slot].due = cut > first ? events[cut - 1].time : before
        guard slots[slot].due > .min, events[cut].time >= start else { return (first, run.upperBound) }
        slots[slot].isPast = start < since
        return isWanted(slot, start) ? (first, cut) : (first, run.upperBound)
    }

    /// Whether a state before the span that begins at a time is to be kept.
    private mutating func isWanted(_ slot: Int, _ start: Int64) -> Bool {
        guard slots[slot].isPast else { return true }
        let number = start / span
        guard slots[slot].pastSpan == .min || number - slots[slot].pastSpan >= Self.pastSpans,
            slots[slot].past != nil || pastBytes < Self.pastLimit
        else { return false }
        slots[slot].pastSpan = number
        return true
    }

    /// Hands on what is held of a past that is long over: it is through.
    mutating func endPast() {
        for slot in slots.indices {
            if let past = slots[slot].past { kept.append(past) }
            slots[slot].past = nil
        }
        pastBytes = 0
    }

    /// Keeps the states of an instrument as they stand before the event that `look` named.
    mutating func keep<Event>(_ states: UnsafeBufferPointer<any Indicator<Event>>, slot: Int) {
        var writer = StateWriter(reserving: lastSize)
        for state in states { state.save(to: &writer) }
        let state = IndicatorState(
            instrument: slots[slot].instrument, time: slots[slot].due, plan: plan, bytes: writer.bytes)
        lastSize = state.bytes.count
        guard slots[slot].isPast else { return kept.append(state) }
        pastBytes += state.bytes.count - (slots[slot].past?.bytes.count ?? 0)
        slots[slot].past = state
    }

    /// Hands over what was kept.
    mutating func take() -> [IndicatorState] {
        guard !kept.isEmpty else { return [] }
        defer { kept.removeAll(keepingCapacity: true) }
        return kept
    }

    private func nextSpan(after time: Int64) -> Int64 {
        let (next, overflows) = (time / span + 1).multipliedReportingOverflow(by: span)
        return overflows ? .max : next
    }
}
