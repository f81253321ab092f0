package import PluginKit

/// Refuses bars that cannot be true; remembers the last good bar of each instrument of its partition.
///
/// A close that is `maxJump` times the one before, or that part of it, is either a wrong row or a new level: a reverse split,
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
package struct QualityStage {
    private struct Memory {
        var last: Bar
        var hasLast = false
        var rejectedSinceLast = false
        var isWaiting = false
        var share = RefusalShare()
    }

    private let rules: QualityRules
    private var memory: [Memory]
    private let isKnown: [Bool]
    /// Bars that are neither accepted nor refused, by instrument number.
    private var waiting: [Int: [Bar]] = [:]
    /// For each bar accepted by the last call, the position of the bar that let it in.
    private(set) var origins: [Int] = []
    /// Levels taken up by the last call.
    private(set) var levels: [PriceLevel] = []
    /// Instruments with refused rows whose share changed.
    private var touched: Set<InstrumentID> = []

    /// Creates the stage for instruments; `isKnown[id]` says which ids the pipeline has.
    package init(isKnown: [Bool], rules: QualityRules = QualityRules()) {
        self.isKnown = isKnown
        self.rules = rules
        let blank = Bar(
            time: .min, open: 0, high: 0, low: 0, close: 0, volume: 0, instrument: InstrumentID(rawValue: 0))
        memory = Array(repeating: Memory(last: blank), count: isKnown.count)
    }

    /// Appends good bars to `accepted` and tells `reject` of the others; order is kept for each instrument.
    ///
    /// A good bar after a refused one carries `.afterRejected`, the first of a new level `.newLevel`. Bars that wait for the
    /// ones after them are in neither; `finish` judges those that still wait when the data ends.
    ///
    /// - Parameter latest: the last event time that is no future.
    package mutating func process(
        _ bars: Span<Bar>, latest: Int64 = EventTimes.possible.upperBound, into accepted: inout [Bar],
        reject: (QualityRefusal) -> Void
    ) {
        begin()
        for index in bars.indices {
            let bar = bars[index]
            if let reason = check(bar, latest) {
                refuse(bar, reason, reject)
            } else {
                judge(bar, at: index, &accepted, reject)
            }
        }
    }

    /// Refuses the bars that wait: nothing comes that could speak for them.
    package mutating func finish(reject: (QualityRefusal) -> Void) {
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
    mutating func resume(_ bars: [Bar]) {
        begin()
        for (index, bar) in bars.enumerated() {
            let slot = Int(bar.instrument.rawValue)
            guard slot < memory.count else { continue }
            memory[slot].last = bar
            memory[slot].hasLast = true
            origins.append(index)
        }
    }

    /// Last accepted event time of each instrument that has one.
    var lastTimes: [InstrumentID: Int64] {
        var times: [InstrumentID: Int64] = [:]
        for (slot, memory) in memory.enumerated() where memory.hasLast {
            times[InstrumentID(rawValue: UInt32(slot))] = memory.last.time
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
    }

    /// Judges a bar that could be true by the bars before it.
    private mutating func judge(
        _ bar: Bar, at index: Int, _ accepted: inout [Bar], _ reject: (QualityRefusal) -> Void
    ) {
        let slot = Int(bar.instrument.rawValue)
        guard memory[slot].hasLast else { return accept(bar, at: index, &accepted) }
        if let reason = Self.order(bar, after: memory[slot].last) { return refuse(bar, reason, reject) }
        if rules.allows(bar.close, after: memory[slot].last.close) {
            if memory[slot].isWaiting { refuseWaiting(slot, reject) }
            return accept(bar, at: index, &accepted)
        }
        wait(bar, at: index, &accepted, reject)
    }

    /// Lets a bar far from the level wait; takes up its level where enough bars hold it.
    private mutating func wait(
        _ bar: Bar, at index: Int, _ accepted: inout [Bar], _ reject: (QualityRefusal) -> Void
    ) {
        let slot = Int(bar.instrument.rawValue)
        if let last = waiting[slot]?.last {
            if let reason = Self.order(bar, after: last) { return refuse(bar, reason, reject) }
            if !rules.allows(bar.close, after: last.close) { refuseWaiting(slot, reject) }
        }
        waiting[slot, default: []].append(bar)
        memory[slot].isWaiting = true
        guard var level = waiting[slot], level.count >= QualityRules.levelLength else { return }
        waiting[slot] = nil
        memory[slot].isWaiting = false
        levels.append(PriceLevel(first: level[0], before: memory[slot].last.close))
        level[0].flags.insert(.newLevel)
        for bar in level { accept(bar, at: index, &accepted) }
    }

    private mutating func accept(_ bar: Bar, at index: Int, _ accepted: inout [Bar]) {
        var bar = bar
        let slot = Int(bar.instrument.rawValue)
        if memory[slot].rejectedSinceLast {
            bar.flags.insert(.afterRejected)
            memory[slot].rejectedSinceLast = false
        }
        memory[slot].last = bar
        memory[slot].hasLast = true
        memory[slot].share.accept()
        if memory[slot].share.refused > 0 { touched.insert(bar.instrument) }
        accepted.append(bar)
        origins.append(index)
    }

    private mutating func refuseWaiting(_ slot: Int, _ reject: (QualityRefusal) -> Void) {
        for bar in waiting.removeValue(forKey: slot) ?? [] { refuse(bar, .priceJump, reject) }
        memory[slot].isWaiting = false
    }

    private mutating func refuse(_ bar: Bar, _ reason: QualityReason, _ reject: (QualityRefusal) -> Void) {
        let slot = Int(bar.instrument.rawValue)
        var before = Double.nan
        if slot < memory.count {
            memory[slot].rejectedSinceLast = true
            if memory[slot].hasLast { before = memory[slot].last.close }
            count(slot, reason == .duplicate ? .known : .untrue)
        }
        reject(QualityRefusal(bar: bar, reason: reason, before: before, rules: rules))
    }

    private mutating func count(_ slot: Int, _ refusal: RefusalShare.Refusal) {
        guard isKnown[slot] else { return }
        memory[slot].share.refuse(refusal)
        touched.insert(InstrumentID(rawValue: UInt32(slot)))
    }

    private func check(_ bar: Bar, _ latest: Int64) -> QualityReason? {
        let slot = Int(bar.instrument.rawValue)
        guard slot < isKnown.count, isKnown[slot] else { return .unknownInstrument }
        guard EventTimes.possible.contains(bar.time) else { return .impossibleTime }
        guard bar.time <= latest else { return .future }
        // One sum is finite exactly when all its terms are (overflow is refused with them).
        guard (bar.open + bar.high + bar.low + bar.close + bar.volume).isFinite, !bar.amount.isInfinite else {
            return .nonFinite
        }
        guard bar.open > 0, bar.high > 0, bar.low > 0, bar.close > 0 else { return .nonPositivePrice }
        guard bar.volume >= 0 else { return .negativeVolume }
        guard bar.high >= bar.low else { return .highBelowLow }
        guard bar.open >= bar.low, bar.open <= bar.high, bar.close >= bar.low, bar.close <= bar.high else {
            return .outsideRange
        }
        return nil
    }

    private static func order(_ bar: Bar, after last: Bar) -> QualityReason? {
        guard bar.time <= last.time else { return nil }
        if bar.time < last.time { return .outOfOrder }
        let isSame =
            bar.open == last.open && bar.high == last.high && bar.low == last.low && bar.close == last.close
            && bar.volume == last.volume
        return isSame ? .duplicate : .conflictingDuplicate
    }
}
