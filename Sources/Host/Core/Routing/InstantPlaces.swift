import PluginKit

/// Counts the events that share an instant: gives each its place among those of its instrument and time.
///
/// What comes is not judged yet, so a row whose time is wrong may stand between two of one instant: beside the newest instant
/// of an instrument another one is remembered.
struct InstantPlaces {
    private struct Slot {
        var newest = Int64.min
        var count: UInt32 = 0
        var other = Int64.min
        var otherCount: UInt32 = 0
    }

    private var slots: [Slot]
    private var touched = TouchedPlaces()

    /// Creates one for instrument numbers below a count.
    init(instruments count: Int) { slots = Array(repeating: Slot(), count: count) }

    /// Goes on after what was taken.
    mutating func goOn(after marks: EventMarks) {
        slots = Array(repeating: Slot(), count: slots.count)
        for (instrument, mark) in marks where Int(instrument.rawValue) < slots.count {
            slots[Int(instrument.rawValue)] = Slot(newest: mark.time, count: mark.count)
        }
        touched.removeAll()
    }

    /// Returns the place of each event; 0 for one whose time cannot be.
    mutating func places(of events: EventBatch, possible: ClosedRange<Int64>) -> [UInt32] {
        var places: [UInt32] = []
        places.reserveCapacity(events.count)
        events.forEach { _, time, instrument in
            let slot = Int(instrument.rawValue)
            places.append(possible.contains(time) && slot < slots.count ? place(slot, time) : 0)
        }
        return places
    }

    /// Counts events whose places nobody asks for.
    mutating func count(_ events: EventBatch, possible: ClosedRange<Int64>) {
        events.forEach { _, time, instrument in
            let slot = Int(instrument.rawValue)
            if possible.contains(time), slot < slots.count { _ = place(slot, time) }
        }
    }

    /// Returns how far each instrument is that had events since the last call.
    mutating func takeReached() -> [(instrument: InstrumentID, mark: EventMark)] {
        defer { touched.removeAll() }
        return touched.places.map { slot in
            (InstrumentID(rawValue: UInt32(slot)), EventMark(time: slots[slot].newest, count: slots[slot].count))
        }
    }

    private mutating func place(_ slot: Int, _ time: Int64) -> UInt32 {
        touched.insert(slot)
        if time == slots[slot].newest {
            slots[slot].count += 1
            return slots[slot].count - 1
        }
        if time > slots[slot].newest {
            (slots[slot].other, slots[slot].otherCount) = (slots[slot].newest, slots[slot].count)
            (slots[slot].newest, slots[slot].count) = (time, 1)
            return 0
        }
        if time != slots[slot].other { (slots[slot].other, slots[slot].otherCount) = (time, 0) }
        slots[slot].otherCount += 1
        return slots[slot].otherCount - 1
    }
}
