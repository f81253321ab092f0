import PluginKit

/// Where accepted bars wait until those of the other instruments of their event time are there. A value without clock and
/// I/O.
///
/// ```
///            every member has a bar of the time, or a later one; the past is played and a later one came; told so
/// bar, waits -----------------------------------------------------------------------------------------------------> go
/// bar of a time that is closed ---------------------------------------------------------------------> goes, `.late`
/// ```
///
/// Times close in ascending order and whole, and a bar that comes after its time has closed is marked for good. So what was
/// compared follows from the bars themselves: the store, a replay of it and a training set find the same sections.
struct SectionBarrier: Sendable {
    /// Bars that wait, at most; beyond, the oldest time is closed.
    private static let limit = 1_048_576

    /// A bar on its way.
    struct Held: Sendable {
        var bar: Bar
        /// The pipeline's clock when it was accepted.
        let clock: Int64
        let origin: RowOrigin
        let sequence: UInt64
    }

    private struct Section: Sendable {
        let time: Int64
        /// Members that have a bar of this time, or a later one.
        var passed: Int
        var bars: [Held] = []
    }

    private let isMember: [Bool]
    private let memberCount: Int
    /// By instrument number, its newest event time.
    private var reached: [Int64]
    /// Ascending in time.
    private var sections: [Section] = []
    /// The last time that was closed.
    private var closed = Int64.min
    private(set) var heldCount = 0
    /// Event times that the last call closed, and bars that were expected and not in them.
    private(set) var closedTimes = 0
    private(set) var absent = 0

    init(_ plan: SectionPlan) {
        let count = plan.members.map { Int($0.rawValue) + 1 }.max() ?? 0
        var isMember = Array(repeating: false, count: count)
        for member in plan.members { isMember[Int(member.rawValue)] = true }
        self.isMember = isMember
        memberCount = Set(plan.members).count
        reached = Array(repeating: .min, count: count)
    }

    /// The newest event time that waits.
    var newest: Int64? { sections.last?.time }

    /// The first delivery that a waiting bar came with.
    var openSince: UInt64? { sections.lazy.compactMap { $0.bars.first?.sequence }.min() }

    /// Begins a call.
    mutating func begin() { (closedTimes, absent) = (0, 0) }

    /// Takes a bar; appends to `gone` what need not wait any more.
    ///
    /// - Parameter isPast: whether bars come in order of event time, so that a later one says that no other comes.
    mutating func take(_ held: Held, isPast: Bool, into gone: inout [Held]) {
        var held = held
        let time = held.bar.time
        guard time > closed, !held.bar.flags.contains(.late) else {
            held.bar.flags.insert(.late)
            return gone.append(held)
        }
        let place = section(at: time)
        sections[place].bars.append(held)
        heldCount += 1
        note(held.bar.instrument, at: time)
        if isPast { closeAll(before: time, into: &gone) }
        while let first = sections.first, first.passed == memberCount || heldCount > Self.limit {
            close(into: &gone)
        }
    }

    /// Puts what corrects a waiting bar in its place; returns whether one waits.
    mutating func correct(_ bar: Bar) -> Bool {
        let place = sections.partition { $0.time >= bar.time }
        guard place < sections.count, sections[place].time == bar.time,
            let index = sections[place].bars.firstIndex(where: { $0.bar.instrument == bar.instrument })
        else { return false }
        sections[place].bars[index].bar = bar
        sections[place].bars[index].bar.flags.remove(.revised)
        return true
    }

    /// Lets everything go through an event time.
    mutating func close(through time: Int64, into gone: inout [Held]) {
        closeAll(before: time == .max ? .max : time + 1, into: &gone)
    }

    /// Notes bars that an earlier run let go.
    mutating func resume(after bars: [Bar]) {
        for bar in bars {
            note(bar.instrument, at: bar.time)
            closed = max(closed, bar.time)
        }
    }

    private mutating func closeAll(before time: Int64, into gone: inout [Held]) {
        while let first = sections.first, first.time < time { close(into: &gone) }
    }

    private mutating func close(into gone: inout [Held]) {
        let section = sections.removeFirst()
        closed = section.time
        closedTimes += 1
        absent += max(0, memberCount - section.bars.count)
        heldCount -= section.bars.count
        gone += section.bars
    }

    /// The place of the section of a time, made where there is none.
    private mutating func section(at time: Int64) -> Int {
        let place = sections.partition { $0.time >= time }
        if place < sections.count, sections[place].time == time { return place }
        let passed = reached.indices.count { isMember[$0] && reached[$0] >= time }
        sections.insert(Section(time: time, passed: passed), at: place)
        return place
    }

    private mutating func note(_ instrument: InstrumentID, at time: Int64) {
        let slot = Int(instrument.rawValue)
        guard slot < reached.count, isMember[slot], reached[slot] < time else { return }
        var place = sections.partition { $0.time > reached[slot] }
        while place < sections.count, sections[place].time <= time {
            sections[place].passed += 1
            place += 1
        }
        reached[slot] = time
    }
}

extension Array {
    /// Returns the first place for which a condition holds that holds for all after it, too.
    func partition(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
