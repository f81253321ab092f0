package import PluginKit

/// Refuses events of one kind that cannot be true; remembers the last good one of each instrument of its partition.
///
/// What is true of a kind stands in its `CheckedEvent` conformance. Where the kind has levels, a price that is `maxJump` times the one before, or that part of it, is either a wrong row or a new level: a reverse split,
/// a symbol that another company took over, another unit. The bars that follow decide, without a look at any of them ahead
/// of its turn:
///
/// ```
///            far from the level                      two more, near the one before each
/// accepted ---------------------> waits, undecided ------------------------------------> all accepted, the first `.newLevel`
///                                    |  near the old level, or far from both, or the data ends
///                                    +----------------------------------------------------------> refused, `price_jump`
/// ```
///
/// So at most two bars of an instrument wait, in the order they came.
///
/// Of bars a `ScaleWatch` says which move stands out, and what a step of the level is. The first bars of an instrument have no
/// level to be compared with: where they are few, and at another scale than those that came in the same delivery, they are
/// refused as `splice`. Nothing else looks ahead.
package struct QualityStage<Event: CheckedEvent> {
    private struct Memory {
        var last: Event?
        var rejectedSinceLast = false
        var isWaiting = false
        var share = RefusalShare()
    }

    private let rules: QualityRules
    private var memory: [Memory]
    private let isKnown: [Bool]
    /// A bar that is neither accepted nor refused.
    private struct Waiting {
        var event: Event
        let place: UInt32
    }

    /// By instrument number.
    private var waiting: [Int: [Waiting]] = [:]
    private var watch: ScaleWatch
    /// By what bars are missing; `nil` where nothing is looked for.
    private let calendar: BarCalendar?
    /// Which of its trades lie outside sessions; `nil` where nobody looks.
    private var sessions: SessionWatch?
    /// How many of an instrument's next bars are at another scale than those after them, and the price of these.
    private var strays: [Int: (count: Int, level: Double)] = [:]
    /// For each bar accepted by the last call, the position of the bar that let it in.
    private(set) var origins: [Int] = []
    /// Which of the events of its instant each event accepted by the last call is; empty where the caller does not say.
    private(set) var places: [UInt32] = []
    private var keepsPlaces = false
    /// Levels taken up by the last call.
    package private(set) var levels: [PriceLevel] = []
    /// Events accepted by the last call that are unusual, by what is unusual.
    package private(set) var doubts: [QualityDoubt: Int] = [:]
    /// Events of the last call that correct accepted ones.
    private(set) var corrections: [Event] = []
    /// Instruments with refused rows whose share changed.
    private var touched: Set<InstrumentID> = []

    /// Creates the stage for instruments; `isKnown[id]` says which ids the pipeline has.
    package init(
        isKnown: [Bool], rules: QualityRules = QualityRules(), calendar: BarCalendar? = nil,
        sessions: SessionWatch? = nil
    ) {
        self.calendar = calendar
        self.sessions = sessions
        self.isKnown = isKnown
        self.rules = rules
        memory = Array(repeating: Memory(), count: isKnown.count)
        watch = ScaleWatch(slots: isKnown.count, rules: rules)
    }

    /// Appends good bars to `accepted` and tells `reject` of the others; order is kept for each instrument.
    ///
    /// A good bar after a refused one carries `.afterRejected`, the first of a new level `.newLevel`. Bars that wait for the
    /// ones after them are in neither; `finish` judges those that still wait when the data ends.
    ///
    /// - Parameters:
    ///   - latest: the last event time that is no future.
    ///   - given: which of the events of its instant each is; empty where they are alone there.
    package mutating func process(
        _ events: Span<Event>, latest: Int64 = EventTimes.possible.upperBound, places given: [UInt32] = [],
        into accepted: inout [Event], reject: (QualityRefusal<Event>) -> Void
    ) {
        begin()
        keepsPlaces = !given.isEmpty
        for index in events.indices {
            let event = events[index]
            if let reason = check(event, latest) {
                refuse(event, reason, reject)
            } else if Event.hasScale, let level = strayLevel(event, at: index, events) {
                refuse(event, .splice, reject, before: level)
            } else {
                judge(event, at: index, given.isEmpty ? 0 : given[index], &accepted, reject)
            }
        }
    }

    /// Refuses the bars that wait: nothing comes that could speak for them.
    package mutating func finish(reject: (QualityRefusal<Event>) -> Void) {
        begin()
        for slot in waiting.keys.sorted() { refuseWaiting(slot, reject) }
    }

    /// Notes that a row of an instrument could not even be read: its next bar comes after a hole.
    package mutating func noteRejection(of instrument: InstrumentID) {
        let slot = Int(instrument.rawValue)
        guard slot < memory.count else { return }
        memory[slot].rejectedSinceLast = true
        count(slot, .unreadable)
    }

    /// Goes on after a row that an earlier run refused.
    mutating func resume(refused instrument: InstrumentID) {
        let slot = Int(instrument.rawValue)
        guard slot < memory.count else { return }
        memory[slot].rejectedSinceLast = true
        memory[slot].share.resumeRefused()
        touched.insert(instrument)
    }

    /// Goes on after bars that were accepted before; the levels they took up are named again, for a sink that lacks them.
    mutating func resume(_ events: [Event], places: [UInt32] = []) {
        begin()
        self.places = places
        for (index, event) in events.enumerated() {
            let slot = Int(event.instrument.rawValue)
            guard slot < memory.count else { continue }
            if let scale = event.scale, let last = memory[slot].last {
                if event.flags.contains(.newLevel) {
                    let level = events[index...].lazy.filter { $0.instrument == event.instrument }
                    levels.append(watch.level(Array(level.prefix(QualityRules.levelLength)), before: last.price, slot))
                }
                if let found = watch.take(scale, of: event, after: last.price, slot).found { levels.append(found) }
            }
            memory[slot].last = event
            origins.append(index)
        }
    }

    /// Last accepted event time of each instrument that has one.
    var lastTimes: [InstrumentID: Int64] {
        var times: [InstrumentID: Int64] = [:]
        for (slot, memory) in memory.enumerated() {
            times[InstrumentID(rawValue: UInt32(slot))] = memory.last?.time
        }
        return times
    }

    /// How many bars wait for the ones after them.
    var waitingCount: Int { waiting.isEmpty ? 0 : waiting.values.reduce(0) { $0 + $1.count } }

    /// Returns what became of the rows of each instrument that has refused ones, where that changed since the last call.
    mutating func takeShares() -> [InstrumentID: RefusalShare] {
        guard !touched.isEmpty else { return [:] }
        defer { touched.removeAll(keepingCapacity: true) }
        return Dictionary(uniqueKeysWithValues: touched.map { ($0, memory[Int($0.rawValue)].share) })
    }

    // MARK: Judging

    private mutating func begin() {
        origins.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        if !levels.isEmpty { levels.removeAll(keepingCapacity: true) }
        if !doubts.isEmpty { doubts.removeAll(keepingCapacity: true) }
        if !corrections.isEmpty { corrections.removeAll(keepingCapacity: true) }
        if !strays.isEmpty { strays.removeAll(keepingCapacity: true) }
    }

    /// Judges a bar that could be true by the bars before it.
    private mutating func judge(
        _ event: Event, at index: Int, _ place: UInt32, _ accepted: inout [Event],
        _ reject: (QualityRefusal<Event>) -> Void
    ) {
        let slot = Int(event.instrument.rawValue)
        guard let last = memory[slot].last else { return accept(event, at: index, place, &accepted) }
        if let reason = event.order(after: last) {
            return corrects(event, last) ? correct(event, last) : refuse(event, reason, reject)
        }
        if rules.missing == .fail, let calendar,
            !calendar.missing(from: last.time, to: event.time, of: event.instrument).isEmpty
        {
            return refuse(event, .missingBefore, reject)
        }
        if !Event.hasLevels || rules.allows(event.price, after: last.price, of: event.instrument) {
            if memory[slot].isWaiting { refuseWaiting(slot, reject) }
            return accept(event, at: index, place, &accepted)
        }
        wait(event, at: index, place, &accepted, reject)
    }

    /// Whether an event that comes too late says that it corrects one, or completes one that was partial.
    private func corrects(_ event: Event, _ last: Event) -> Bool {
        guard Event.hasIdentity else { return false }
        let completes = event.time == last.time && last.flags.contains(.partial) && !event.flags.contains(.partial)
        return completes || event.flags.contains(.revised)
    }

    private mutating func correct(_ event: Event, _ last: Event) {
        let slot = Int(event.instrument.rawValue)
        if event.time == last.time { memory[slot].last = event }
        memory[slot].share.accept()
        corrections.append(event)
    }

    /// Lets a bar far from the level wait; takes up its level where enough bars hold it.
    private mutating func wait(
        _ event: Event, at index: Int, _ place: UInt32, _ accepted: inout [Event],
        _ reject: (QualityRefusal<Event>) -> Void
    ) {
        let slot = Int(event.instrument.rawValue)
        if let last = waiting[slot]?.last?.event {
            if let reason = event.order(after: last) { return refuse(event, reason, reject) }
            if !rules.allows(event.price, after: last.price, of: event.instrument) { refuseWaiting(slot, reject) }
        }
        waiting[slot, default: []].append(Waiting(event: event, place: place))
        memory[slot].isWaiting = true
        guard var level = waiting[slot], level.count >= QualityRules.levelLength else { return }
        waiting[slot] = nil
        memory[slot].isWaiting = false
        levels.append(watch.level(level.map(\.event), before: memory[slot].last?.price ?? .nan, slot))
        level[0].event.flags.insert(.newLevel)
        for waited in level { accept(waited.event, at: index, waited.place, &accepted) }
    }

    private mutating func accept(_ event: Event, at index: Int, _ place: UInt32, _ accepted: inout [Event]) {
        var event = event
        let slot = Int(event.instrument.rawValue)
        if let calendar { noteMissing(before: event, calendar, at: index, place, &accepted) }
        if memory[slot].rejectedSinceLast {
            event.flags.insert(.afterRejected)
            memory[slot].rejectedSinceLast = false
        }
        if let doubt = event.doubt { flag(&event, doubt) }
        if sessions?.isOutside(event.time, of: event.instrument) == true { flag(&event, .outsideSession) }
        if let scale = event.scale, let last = memory[slot].last {
            let (isOutlier, found) = watch.take(scale, of: event, after: last.price, slot)
            if isOutlier { flag(&event, .outlier) }
            if let found { levels.append(found) }
        }
        memory[slot].last = event
        if memory[slot].share.refused > 0 || memory[slot].share.endsRefused { touched.insert(event.instrument) }
        memory[slot].share.accept()
        accepted.append(event)
        origins.append(index)
        if keepsPlaces { places.append(place) }
    }

    /// Counts what is missing between the last event and this one; where the route fills, puts bars in its place.
    private mutating func noteMissing(
        before event: Event, _ calendar: BarCalendar, at index: Int, _ place: UInt32, _ accepted: inout [Event]
    ) {
        guard let last = memory[Int(event.instrument.rawValue)].last else { return }
        let ends = calendar.missing(from: last.time, to: event.time, of: event.instrument)
        guard !ends.isEmpty else { return }
        doubts[rules.missing == .fill ? .filled : .missing, default: 0] += ends.count
        guard rules.missing == .fill else { return }
        for end in ends {
            guard let standing = last.standing(at: end) else { return }
            accepted.append(standing)
            origins.append(index)
            if keepsPlaces { places.append(place) }
        }
    }

    private mutating func flag(_ event: inout Event, _ doubt: QualityDoubt) {
        event.flags.insert(.suspect)
        doubts[doubt, default: 0] += 1
    }

    /// The price of the bars after one of the first of an instrument, where it is at another scale than they are.
    private mutating func strayLevel(_ event: Event, at index: Int, _ events: Span<Event>) -> Double? {
        let slot = Int(event.instrument.rawValue)
        guard memory[slot].last == nil, !rules.hasAnySign else { return nil }
        if let found = strays[slot] {
            strays[slot] = found.count > 1 ? (found.count - 1, found.level) : nil
            return found.level
        }
        guard let found = ScaleWatch.strays(firstEvents(events, from: index), rules) else { return nil }
        strays[slot] = found.count > 1 ? (found.count - 1, found.level) : nil
        return found.level
    }

    /// The next events of an instrument in a delivery; only so many are looked at.
    private func firstEvents(_ events: Span<Event>, from start: Int) -> [Event] {
        let instrument = events[start].instrument
        var found: [Event] = []
        for index in start..<min(events.count, start + 4_096) where found.count < 12 {
            if events[index].instrument == instrument { found.append(events[index]) }
        }
        return found
    }

    private mutating func refuseWaiting(_ slot: Int, _ reject: (QualityRefusal<Event>) -> Void) {
        for waited in waiting.removeValue(forKey: slot) ?? [] { refuse(waited.event, .priceJump, reject) }
        memory[slot].isWaiting = false
    }

    private mutating func refuse(
        _ event: Event, _ reason: QualityReason, _ reject: (QualityRefusal<Event>) -> Void, before level: Double = .nan
    ) {
        let slot = Int(event.instrument.rawValue)
        var before = level
        if slot < memory.count {
            memory[slot].rejectedSinceLast = true
            before = memory[slot].last?.price ?? level
            count(slot, reason == .duplicate ? .known : .untrue)
        }
        reject(QualityRefusal(event: event, reason: reason, before: before, rules: rules))
    }

    private mutating func count(_ slot: Int, _ refusal: RefusalShare.Refusal) {
        guard isKnown[slot] else { return }
        memory[slot].share.refuse(refusal)
        touched.insert(InstrumentID(rawValue: UInt32(slot)))
    }

    private func check(_ event: Event, _ latest: Int64) -> QualityReason? {
        let slot = Int(event.instrument.rawValue)
        guard slot < isKnown.count, isKnown[slot] else { return .unknownInstrument }
        guard EventTimes.possible.contains(event.time) else { return .impossibleTime }
        guard event.time <= latest else { return .future }
        return event.fault(rules)
    }
}
