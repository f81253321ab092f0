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
    /// Bars that are neither accepted nor refused, by instrument number.
    private var waiting: [Int: [Event]] = [:]
    /// For each bar accepted by the last call, the position of the bar that let it in.
    private(set) var origins: [Int] = []
    /// Levels taken up by the last call.
    private(set) var levels: [PriceLevel] = []
    /// Events accepted by the last call that are unusual, by what is unusual.
    package private(set) var doubts: [QualityDoubt: Int] = [:]
    /// Instruments with refused rows whose share changed.
    private var touched: Set<InstrumentID> = []

    /// Creates the stage for instruments; `isKnown[id]` says which ids the pipeline has.
    package init(isKnown: [Bool], rules: QualityRules = QualityRules()) {
        self.isKnown = isKnown
        self.rules = rules
        memory = Array(repeating: Memory(), count: isKnown.count)
    }

    /// Appends good bars to `accepted` and tells `reject` of the others; order is kept for each instrument.
    ///
    /// A good bar after a refused one carries `.afterRejected`, the first of a new level `.newLevel`. Bars that wait for the
    /// ones after them are in neither; `finish` judges those that still wait when the data ends.
    ///
    /// - Parameter latest: the last event time that is no future.
    package mutating func process(
        _ events: Span<Event>, latest: Int64 = EventTimes.possible.upperBound, into accepted: inout [Event],
        reject: (QualityRefusal<Event>) -> Void
    ) {
        begin()
        for index in events.indices {
            let event = events[index]
            if let reason = check(event, latest) {
                refuse(event, reason, reject)
            } else {
                judge(event, at: index, &accepted, reject)
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

    /// Goes on after bars that were accepted before.
    mutating func resume(_ events: [Event]) {
        begin()
        for (index, event) in events.enumerated() {
            let slot = Int(event.instrument.rawValue)
            guard slot < memory.count else { continue }
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
        if !levels.isEmpty { levels.removeAll(keepingCapacity: true) }
        if !doubts.isEmpty { doubts.removeAll(keepingCapacity: true) }
    }

    /// Judges a bar that could be true by the bars before it.
    private mutating func judge(
        _ event: Event, at index: Int, _ accepted: inout [Event], _ reject: (QualityRefusal<Event>) -> Void
    ) {
        let slot = Int(event.instrument.rawValue)
        guard let last = memory[slot].last else { return accept(event, at: index, &accepted) }
        if let reason = event.order(after: last) { return refuse(event, reason, reject) }
        if !Event.hasLevels || rules.allows(event.price, after: last.price) {
            if memory[slot].isWaiting { refuseWaiting(slot, reject) }
            return accept(event, at: index, &accepted)
        }
        wait(event, at: index, &accepted, reject)
    }

    /// Lets a bar far from the level wait; takes up its level where enough bars hold it.
    private mutating func wait(
        _ event: Event, at index: Int, _ accepted: inout [Event], _ reject: (QualityRefusal<Event>) -> Void
    ) {
        let slot = Int(event.instrument.rawValue)
        if let last = waiting[slot]?.last {
            if let reason = event.order(after: last) { return refuse(event, reason, reject) }
            if !rules.allows(event.price, after: last.price) { refuseWaiting(slot, reject) }
        }
        waiting[slot, default: []].append(event)
        memory[slot].isWaiting = true
        guard var level = waiting[slot], level.count >= QualityRules.levelLength else { return }
        waiting[slot] = nil
        memory[slot].isWaiting = false
        levels.append(PriceLevel(first: level[0], before: memory[slot].last?.price ?? .nan))
        level[0].flags.insert(.newLevel)
        for event in level { accept(event, at: index, &accepted) }
    }

    private mutating func accept(_ event: Event, at index: Int, _ accepted: inout [Event]) {
        var event = event
        let slot = Int(event.instrument.rawValue)
        if memory[slot].rejectedSinceLast {
            event.flags.insert(.afterRejected)
            memory[slot].rejectedSinceLast = false
        }
        if let doubt = event.doubt {
            event.flags.insert(.suspect)
            doubts[doubt, default: 0] += 1
        }
        memory[slot].last = event
        memory[slot].share.accept()
        if memory[slot].share.refused > 0 { touched.insert(event.instrument) }
        accepted.append(event)
        origins.append(index)
    }

    private mutating func refuseWaiting(_ slot: Int, _ reject: (QualityRefusal<Event>) -> Void) {
        for event in waiting.removeValue(forKey: slot) ?? [] { refuse(event, .priceJump, reject) }
        memory[slot].isWaiting = false
    }

    private mutating func refuse(_ event: Event, _ reason: QualityReason, _ reject: (QualityRefusal<Event>) -> Void) {
        let slot = Int(event.instrument.rawValue)
        var before = Double.nan
        if slot < memory.count {
            memory[slot].rejectedSinceLast = true
            before = memory[slot].last?.price ?? .nan
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
