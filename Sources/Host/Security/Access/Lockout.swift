import Synchronization

/// Who guesses keys has to wait longer and longer: after five wrong tries from an address each further one doubles the wait, from
/// one second to a quarter of an hour. An address without a wrong try for an hour begins anew.
///
/// Counted by address and never by key: otherwise anybody could lock out whoever's key's id they know.
final class Lockout: Sendable {
    private struct Entry {
        var failures = 0
        var until: Int64 = 0
        var last: Int64 = 0
    }

    private static let free = 5
    private static let longest: Int64 = 900
    private static let memory: Int64 = 3_600
    private static let most = 10_000
    private static let second: Int64 = 1_000_000_000

    private let entries = Mutex<[String: Entry]>([:])

    /// Returns how many seconds an address has to wait; 0 where it may try.
    func wait(_ address: String, at now: Int64) -> Int {
        entries.withLock { entries in
            guard let entry = entries[address], entry.until > now else { return 0 }
            return Int((entry.until - now + Self.second - 1) / Self.second)
        }
    }

    /// Notes a wrong try.
    func fail(_ address: String, at now: Int64) {
        entries.withLock { entries in
            if entries.count >= Self.most, entries[address] == nil { Self.forget(&entries, now) }
            var entry = entries[address] ?? Entry()
            if now - entry.last > Self.memory * Self.second { entry = Entry() }
            entry.failures += 1
            entry.last = now
            if entry.failures > Self.free {
                let exponent = min(entry.failures - Self.free - 1, 12)
                entry.until = now + min(Self.longest, 1 << Int64(exponent)) * Self.second
            }
            entries[address] = entry
        }
    }

    /// Notes a right one.
    func succeed(_ address: String) { entries.withLock { _ = $0.removeValue(forKey: address) } }

    private static func forget(_ entries: inout [String: Entry], _ now: Int64) {
        entries = entries.filter { now - $0.value.last <= memory * second }
        // A crowd of addresses: the ones with the fewest tries go first.
        guard entries.count >= most else { return }
        let kept = entries.sorted { $0.value.failures > $1.value.failures }.prefix(most / 2)
        entries = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
