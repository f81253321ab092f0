import PluginKit

/// Knows what a pipeline took of a provider's stream, so that what comes again after a new start is left out.
///
/// A stream begins again after the last acknowledged position, or at its beginning where the provider knows no positions;
/// what was taken since is then sent once more. For each instrument everything up to its last taken event is left out, until
/// one comes that is newer; of the instant of that last one, as many as were taken and do not lie before the position. Defects
/// are recognised by their content, each as often as it was taken.
struct TakenEvents {
    /// Defects remembered at most.
    private static let limit = 16_384

    private struct Last {
        let time: Int64
        /// Events of that time that were taken.
        var count = 1
        /// How many of them came again, or lie before the position.
        var again = 0
    }

    private var last: [Last?]
    private var isBehind: [Bool]
    private var behind = 0
    private var defects: [Int: Int] = [:]
    private var expected: [Int: Int] = [:]

    /// Creates one for instrument numbers below a count.
    init(instruments count: Int) {
        last = Array(repeating: nil, count: count)
        isBehind = Array(repeating: false, count: count)
    }

    /// Notes that the stream begins again, behind what some instruments had reached; else at the beginning of an instant.
    mutating func beginAgain(after reached: EventMarks = [:]) {
        for slot in last.indices {
            isBehind[slot] = last[slot] != nil
            last[slot]?.again = 0
        }
        for (instrument, mark) in reached {
            let slot = Int(instrument.rawValue)
            guard slot < last.count, last[slot]?.time == mark.time else { continue }
            last[slot]?.again = Int(mark.count)
        }
        behind = isBehind.count { $0 }
        expected = defects
    }

    /// Through which event each instrument was taken.
    var reached: EventMarks {
        var reached: EventMarks = [:]
        for (slot, last) in last.enumerated() {
            guard let last else { continue }
            reached[InstrumentID(rawValue: UInt32(slot))] = EventMark(time: last.time, count: UInt32(last.count))
        }
        return reached
    }

    /// Whether anything may come again.
    var expectsRepeats: Bool { behind > 0 || !expected.isEmpty }

    /// Returns the events that were not taken before, and corrections: the store knows those that say nothing new.
    mutating func fresh(_ events: EventBatch) -> EventBatch {
        guard behind > 0 else { return events }
        return events.filter { index, time, instrument in
            events.has(.revised, at: index) || isFresh(time, instrument)
        }
    }

    /// Returns the defects that were not taken before.
    mutating func fresh(_ defects: [Defect]) -> [Defect] {
        guard !expected.isEmpty else { return defects }
        return defects.filter { defect in
            guard let count = expected[defect.hashValue] else { return true }
            expected[defect.hashValue] = count > 1 ? count - 1 : nil
            return false
        }
    }

    /// Notes what a partition took; an event after `latest` is one the quality stage refuses, and nothing comes before it.
    ///
    /// - Parameter places: which of the events of its instant each is; empty where that is not known.
    mutating func note(_ events: EventBatch, _ places: [UInt32] = [], _ defects: [Defect], through latest: Int64) {
        events.forEach { index, time, instrument in
            let slot = Int(instrument.rawValue)
            guard time <= latest, slot < last.count else { return }
            guard let known = last[slot], time <= known.time else {
                last[slot] = Last(time: time, count: places.isEmpty ? 1 : Int(places[index]) + 1)
                return
            }
            guard time == known.time else { return }
            last[slot]?.count = places.isEmpty ? known.count + 1 : max(known.count, Int(places[index]) + 1)
        }
        for defect in defects where self.defects.count < Self.limit { self.defects[defect.hashValue, default: 0] += 1 }
    }

    private mutating func isFresh(_ time: Int64, _ instrument: InstrumentID) -> Bool {
        let slot = Int(instrument.rawValue)
        guard slot < last.count, isBehind[slot], let known = last[slot] else { return true }
        if time < known.time { return false }
        if time == known.time, known.again < known.count {
            last[slot]?.again += 1
            return false
        }
        isBehind[slot] = false
        behind -= 1
        return true
    }
}
