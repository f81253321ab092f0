/// A time zone's rules: which offset from UTC holds when.
///
/// Rules come from the machine's own database (TZif files, RFC 9636), so a change of law needs an update of the package
/// `tzdata` and no new build. All transitions until 2263, where 64-bit nanoseconds end, are laid out when the zone is
/// read; a look-up is one binary search and allocates nothing.
///
/// ```swift
/// let newYork = try Zone(named: "America/New_York")
/// newYork.instant(ofLocal: 1_362_153_600)   // 2013-03-01 16:00 local -> 1_362_171_600, 21:00 UTC
/// ```
public struct Zone: Sendable {
    /// The zone's name, as asked for.
    public let name: String
    private let firstOffset: Int64
    private let transitions: [Transition]

    /// One change of the offset.
    struct Transition: Sendable {
        /// The first second at which `offset` holds, UTC.
        var instant: Int64
        /// The first second of local time that is read with `offset`; see `instant(ofLocal:)`.
        var localThreshold: Int64
        /// Seconds east of UTC from then on.
        var offset: Int64
    }

    /// Creates a zone from its layout; transitions in ascending order.
    init(name: String, firstOffset: Int64, changes: [(instant: Int64, offset: Int64)]) {
        self.name = name
        self.firstOffset = firstOffset
        var before = firstOffset
        var laidOut: [Transition] = []
        laidOut.reserveCapacity(changes.count)
        for change in changes where change.offset != before {
            laidOut.append(
                Transition(
                    instant: change.instant, localThreshold: change.instant + max(before, change.offset),
                    offset: change.offset))
            before = change.offset
        }
        transitions = laidOut
    }

    /// UTC.
    public static let utc = Zone(name: "UTC", firstOffset: 0, changes: [])

    /// A zone that is the same number of seconds east of UTC for ever.
    public static func fixed(secondsEast offset: Int, name: String) -> Zone {
        Zone(name: name, firstOffset: Int64(offset), changes: [])
    }

    /// Returns the seconds east of UTC at an instant, given in seconds since the Unix epoch.
    public func offset(at instant: Int64) -> Int64 {
        let index = count { $0.instant <= instant }
        return index == 0 ? firstOffset : transitions[index - 1].offset
    }

    /// Returns the instant of a local time, both in seconds (the local one counted as if it were UTC).
    ///
    /// A local time that a change of clocks skips or repeats is read with the offset that held **before** the change:
    /// of a repeated hour the first pass is meant, and a skipped 02:30 is the instant half an hour after the change.
    public func instant(ofLocal local: Int64) -> Int64 {
        let index = count { $0.localThreshold <= local }
        return local - (index == 0 ? firstOffset : transitions[index - 1].offset)
    }

    /// Returns the offset of the second pass of a local time that a change of clocks repeats; `nil` for any other.
    public func secondOffset(ofLocal local: Int64) -> Int64? {
        let index = count { $0.localThreshold <= local }
        guard index < transitions.count, local - transitions[index].offset >= transitions[index].instant else {
            return nil
        }
        return transitions[index].offset
    }

    /// How many transitions, from the first on, fulfil a condition that holds up to some place.
    private func count(_ isBefore: (borrowing Transition) -> Bool) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(transitions[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
