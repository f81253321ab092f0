import CivilTime

extension Zone {
    /// Reads the content of a TZif file (RFC 9636), version 1 to 4; leap seconds are ignored, as POSIX time does.
    ///
    /// - Throws: `.damaged` where the bytes contradict themselves.
    public init(name: String, tzif bytes: [UInt8]) throws(ZoneError) {
        guard let content = TZifContent(bytes) else {
            throw ZoneError(
                .damaged,
                "time zone '\(name)': its file is damaged. Install it again: apt-get install --reinstall tzdata.")
        }
        self.init(name: name, firstOffset: content.firstOffset, changes: content.changes)
    }
}

/// The changes a TZif file lists, and those its footer rule makes until 2263.
private struct TZifContent {
    private(set) var firstOffset: Int64 = 0
    private(set) var changes: [(instant: Int64, offset: Int64)] = []

    /// 64-bit nanoseconds end in April 2262.
    private static let lastYear = 2_262

    init?(_ bytes: [UInt8]) {
        guard let first = TZifHeader(bytes, at: 0) else { return nil }
        if first.version == 0 {
            guard read(bytes, first, at: TZifHeader.size, timeSize: 4) else { return nil }
            return
        }
        let start = TZifHeader.size + first.bodySize(timeSize: 4)
        guard let second = TZifHeader(bytes, at: start),
            read(bytes, second, at: start + TZifHeader.size, timeSize: 8),
            extend(bytes, footerAt: start + TZifHeader.size + second.bodySize(timeSize: 8))
        else { return nil }
    }

    private mutating func read(_ bytes: [UInt8], _ header: TZifHeader, at start: Int, timeSize: Int) -> Bool {
        guard start + header.bodySize(timeSize: timeSize) <= bytes.count, header.types > 0 else { return false }
        let indices = start + header.times * timeSize
        let types = indices + header.times
        func offset(ofType index: Int) -> Int64? {
            guard index < header.types else { return nil }
            let value = bigEndian(bytes, at: types + index * 6, size: 4)
            return abs(value) < 26 * 3_600 ? value : nil
        }
        guard let initial = offset(ofType: 0) else { return false }
        firstOffset = initial
        for index in 0..<header.times {
            let instant = bigEndian(bytes, at: start + index * timeSize, size: timeSize)
            guard let offset = offset(ofType: Int(bytes[indices + index])),
                instant.magnitude < 1 << 60, changes.last.map({ $0.instant < instant }) ?? true
            else { return false }
            changes.append((instant, offset))
        }
        return true
    }

    /// Lays out the rule between the two newlines at the file's end, from the last listed change on.
    private mutating func extend(_ bytes: [UInt8], footerAt start: Int) -> Bool {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\n"),
            let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return false }
        let text = bytes[(start + 1)..<end]
        if text.isEmpty { return true }
        guard let rule = ZoneRule(Array(text)) else { return false }
        let last = changes.last?.instant ?? Int64.min
        guard rule.hasDaylightTime else {
            if changes.isEmpty { firstOffset = rule.standardOffset }
            return true
        }
        let firstYear = changes.last.map { CivilDate(daysSinceEpoch: $0.instant / 86_400).year - 1 } ?? 1_900
        for year in firstYear...max(firstYear, Self.lastYear) {
            changes += rule.changes(in: year).filter { $0.instant > last }
        }
        return true
    }
}

/// The counts in front of a block of a TZif file.
private struct TZifHeader {
    static let size = 44
    let version: UInt8
    let times: Int
    let types: Int
    private let others: (utc: Int, standard: Int, leaps: Int, characters: Int)

    init?(_ bytes: [UInt8], at start: Int) {
        guard start + Self.size <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else {
            return nil
        }
        func count(_ index: Int) -> Int { Int(bigEndian(bytes, at: start + 20 + index * 4, size: 4)) }
        guard (0..<6).allSatisfy({ (0...1 << 20).contains(count($0)) }) else { return nil }
        version = bytes[start + 4]
        others = (count(0), count(1), count(2), count(5))
        times = count(3)
        types = count(4)
    }

    func bodySize(timeSize: Int) -> Int {
        times * (timeSize + 1) + types * 6 + others.characters + others.leaps * (timeSize + 4) + others.standard
            + others.utc
    }
}

/// Returns a signed big-endian number of 4 or 8 bytes; the caller checked the bounds.
private func bigEndian(_ bytes: [UInt8], at start: Int, size: Int) -> Int64 {
    var value: UInt64 = 0
    for byte in bytes[start..<(start + size)] { value = value << 8 | UInt64(byte) }
    return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
}
