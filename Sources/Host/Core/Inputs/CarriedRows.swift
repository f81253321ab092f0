import PluginKit

/// What an input beside the driving one has to say at each driving event: an as-of join by instrument and event time.
///
/// ```
/// side      s1      s2                 s3
/// driving       d1      d2      d3          d4
/// row           s1      s2      s2          s3       each with its age
/// ```
///
/// Rows wait until a driving event reaches their time, so an input may run ahead and nothing later than a driving event is
/// ever in its row. What no driving event can ask for any more is dropped; buffers are reused.
struct CarriedRows: Sendable {
    /// Rows that wait, at most; beyond, the oldest of an instrument counts as reached.
    private static let limit = 262_144
    private static let none = -1

    private struct Slot: Sendable {
        /// The row that holds now, and the ones that wait, as a list.
        var current = CarriedRows.none
        var first = CarriedRows.none
        var last = CarriedRows.none
    }

    /// Which numbers of the rows it is given are carried, and how many such a row has.
    private let columns: Range<Int>
    private let stride: Int
    /// Whether a row without a value leaves what is carried as it is.
    private let skipsEmpty: Bool
    private let maxAge: Int64?
    /// How much later than a driving row another one of an earlier time may come, nanoseconds.
    private let slack: Int64
    private var slots: [Slot] = []
    private var times: [Int64] = []
    private var next: [Int] = []
    private var values: [Double] = []
    private var free = CarriedRows.none
    private var waiting = 0
    /// Newest driving event time: what is before it no driving event asks for again.
    private var reached = Int64.min

    /// Carries some columns of rows of `stride` numbers; none above `maxAge` nanoseconds is carried.
    init(
        columns: Range<Int>, of stride: Int, skipsEmpty: Bool = false, maxAge: Int64?, slack: Int64 = 0
    ) {
        self.columns = columns
        self.stride = stride
        self.skipsEmpty = skipsEmpty
        self.slack = slack
        self.maxAge = maxAge
    }

    private var width: Int { columns.count }

    /// Takes the rows of events in order: `stride` numbers each.
    mutating func append(_ rows: [Double], of keys: [RowKey]) {
        for (row, key) in keys.enumerated() {
            if skipsEmpty, columns.allSatisfy({ rows[row * stride + $0].isNaN }) { continue }
            let slot = Int(key.instrument.rawValue)
            while slots.count <= slot { slots.append(Slot()) }
            advance(slot, through: reached < .min + slack ? .min : reached - slack)
            let place = place(for: rows, row, at: key.time)
            if slots[slot].last == Self.none { slots[slot].first = place } else { next[slots[slot].last] = place }
            slots[slot].last = place
            waiting += 1
            if waiting > Self.limit { step(slot) }
        }
    }

    /// Takes everything that waits as reached: every driving event that comes is later.
    mutating func settle() {
        for slot in slots.indices { advance(slot, through: .max) }
    }

    /// Writes age in seconds and values beside each of the keys, from a column on; NaN and counted where there are none.
    mutating func write(
        _ keys: [RowKey], into target: inout [Double], column: Int, stride: Int, missing: inout MissingRows
    ) {
        for (row, key) in keys.enumerated() {
            let start = row * stride + column
            let slot = Int(key.instrument.rawValue)
            reached = max(reached, key.time)
            if slot < slots.count { advance(slot, through: key.time) }
            let place = slot < slots.count ? slots[slot].current : Self.none
            let age = age(of: place, at: key.time, &missing)
            target[start] = age.seconds
            for offset in 0..<width {
                target[start + 1 + offset] = age.isCarried ? values[place * width + offset] : .nan
            }
        }
    }

    private func age(
        of place: Int, at time: Int64, _ missing: inout MissingRows
    ) -> (seconds: Double, isCarried: Bool) {
        guard place != Self.none else {
            missing.noEvent += 1
            return (.nan, false)
        }
        guard times[place] <= time else {
            missing.late += 1
            return (.nan, false)
        }
        let (age, overflows) = time.subtractingReportingOverflow(times[place])
        let isOld = overflows || age > maxAge ?? .max
        if isOld { missing.tooOld += 1 }
        return (overflows ? .infinity : Double(age) / 1e9, !isOld)
    }

    private mutating func advance(_ slot: Int, through time: Int64) {
        while slots[slot].first != Self.none, times[slots[slot].first] <= time { step(slot) }
    }

    /// Makes the first row that waits the one that holds.
    private mutating func step(_ slot: Int) {
        let place = slots[slot].first
        guard place != Self.none else { return }
        if slots[slot].current != Self.none {
            next[slots[slot].current] = free
            free = slots[slot].current
        }
        slots[slot].current = place
        slots[slot].first = next[place]
        if slots[slot].first == Self.none { slots[slot].last = Self.none }
        next[place] = Self.none
        waiting -= 1
    }

    /// Copies a row into a place of its own.
    private mutating func place(for rows: [Double], _ row: Int, at time: Int64) -> Int {
        let place: Int
        if free != Self.none {
            place = free
            free = next[place]
            times[place] = time
            next[place] = Self.none
            for (offset, column) in columns.enumerated() {
                values[place * width + offset] = rows[row * stride + column]
            }
        } else {
            place = times.count
            times.append(time)
            next.append(Self.none)
            values.append(contentsOf: rows[row * stride + columns.lowerBound..<row * stride + columns.upperBound])
        }
        return place
    }
}
