import PluginKit

/// Builds the bars of a partition, one builder an instrument.
///
/// Before an event is taken, the bar of its instrument is closed that cannot change any more at the event's clock; after a
/// delivery those of all instruments are. So what is in a bar follows from the order of events alone, not from how they
/// were cut into deliveries or spread over partitions.
struct BarShaper<Material: BarMaterial>: Sendable {
    typealias Make = @Sendable (InstrumentID, _ closed: Int64) -> (any BarBuilder<Material>)?

    private struct Slot: Sendable {
        var builder: (any BarBuilder<Material>)?
        /// The delivery that the first event of the forming bar came with.
        var openSince: UInt64?
    }

    private let make: Make
    private var slots: [Slot?] = []
    /// The end of the last bar that an earlier run made of each instrument.
    private var closed: [InstrumentID: Int64] = [:]
    /// What the last call left out.
    private(set) var tally = ShapingTally()

    init(_ make: @escaping Make) { self.make = make }

    /// The first delivery whose events are not all in bars that have closed; `nil` where there is none.
    var openSince: UInt64? { slots.lazy.compactMap { $0?.openSince }.min() }

    /// Notes bars that an earlier run made: what comes of them again is left out.
    mutating func resume(after bars: [Bar]) {
        for bar in bars { closed[bar.instrument] = max(closed[bar.instrument] ?? .min, bar.time) }
    }

    /// Takes the events of a delivery; appends what they close to `bars`, and the clock that closed it to `clocks`.
    ///
    /// - Parameters:
    ///   - times: the clock at each event: the newest event time so far, of all instruments.
    ///   - end: the clock after the delivery.
    mutating func take(
        _ events: [Material], _ times: [Int64], end: Int64, sequence: UInt64, into bars: inout [Bar],
        clocks: inout [Int64]
    ) {
        tally = ShapingTally()
        for index in events.indices {
            let slot = slot(of: events[index].instrument)
            let before = bars.count
            slots[slot]?.builder?.close(through: Material.settled(at: times[index]), into: &bars)
            slots[slot]?.builder?.take(events.span.extracting(index..<index + 1), into: &bars, tally: &tally)
            note(slot, hasClosed: bars.count > before, sequence)
            while clocks.count < bars.count { clocks.append(times[index]) }
        }
        close(through: Material.settled(at: end), at: end, into: &bars, clocks: &clocks)
    }

    /// Closes the bars that end by a time: everything that happened until then has come.
    mutating func close(through time: Int64, at clock: Int64, into bars: inout [Bar], clocks: inout [Int64]) {
        for slot in slots.indices where slots[slot]?.openSince != nil {
            let before = bars.count
            slots[slot]?.builder?.close(through: time, into: &bars)
            if bars.count > before { slots[slot]?.openSince = nil }
            while clocks.count < bars.count { clocks.append(clock) }
        }
    }

    /// Closes what is open, because no more events come; a bar whose end is not reached is `.partial`.
    mutating func finish(at end: Int64, into bars: inout [Bar], clocks: inout [Int64]) {
        for slot in slots.indices where slots[slot]?.openSince != nil {
            let before = bars.count
            slots[slot]?.builder?.close(through: .max, into: &bars)
            for index in before..<bars.count where bars[index].time > end { bars[index].flags.insert(.partial) }
            slots[slot]?.openSince = nil
            while clocks.count < bars.count { clocks.append(end) }
        }
    }

    private mutating func note(_ slot: Int, hasClosed: Bool, _ sequence: UInt64) {
        guard hasClosed || slots[slot]?.openSince == nil else { return }
        let isForming = slots[slot]?.builder?.isForming == true
        slots[slot]?.openSince = isForming ? sequence : nil
    }

    private mutating func slot(of instrument: InstrumentID) -> Int {
        let slot = Int(instrument.rawValue)
        while slots.count <= slot { slots.append(nil) }
        if slots[slot] == nil {
            slots[slot] = Slot(builder: make(instrument, closed[instrument] ?? .min))
        }
        return slot
    }
}
