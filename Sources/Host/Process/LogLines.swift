import PluginKit

/// Cuts what a plugin writes to standard error into log lines: long lines are cut, too many are counted and dropped.
struct LogLines {
    static let longest = 2_000
    static let perSecond = 100
    private var line: [UInt8] = []
    private var tokens = perSecond
    private var dropped = 0
    private var second: Int64 = .min

    /// Takes bytes; hands each whole line to `write`.
    mutating func take(_ bytes: ArraySlice<UInt8>, second now: Int64, _ write: (String) -> Void) {
        refill(now, write)
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                finish(write)
            } else if line.count < Self.longest {
                line.append(byte)
            }
        }
    }

    /// Hands out the last line, which has no end.
    mutating func finish(_ write: (String) -> Void) {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return }
        guard tokens > 0 else {
            dropped += 1
            return
        }
        tokens -= 1
        let quoted = String(decoding: line, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : Character(scalar)
        }
        write(String(quoted))
    }

    private mutating func refill(_ now: Int64, _ write: (String) -> Void) {
        guard now != second else { return }
        second = now
        tokens = Self.perSecond
        if dropped > 0 { write("\(dropped) more lines were dropped: a plugin may write \(Self.perSecond) a second") }
        dropped = 0
    }
}
