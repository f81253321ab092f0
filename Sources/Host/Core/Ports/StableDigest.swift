package import PluginKit

/// A 128-bit digest that is the same on every run and machine: tells whether data or configuration changed.
///
/// Two FNV-1a lanes; it finds change and damage, it is no defence against forgery.
package struct StableDigest: Sendable, Hashable {
    private var low: UInt64 = 0xcbf2_9ce4_8422_2325
    private var high: UInt64 = 0x6c62_272e_07bb_0142

    /// Creates an empty digest.
    package init() {}

    /// Takes in 64 bits.
    package mutating func add(_ word: UInt64) {
        low = (low ^ word) &* 0x100_0000_01b3
        low ^= low >> 29
        high = (high ^ (word &+ 0x9e37_79b9_7f4a_7c15)) &* 0x880_3552_1e5d_4b27
        high ^= high >> 32
    }

    /// Takes in text and its length.
    package mutating func add(_ text: String) {
        add(bytes: Array(text.utf8))
    }

    /// Takes in bytes and their count.
    package mutating func add(bytes: [UInt8]) {
        add(UInt64(bytes.count))
        var index = 0
        while index + 8 <= bytes.count {
            var word: UInt64 = 0
            for shift in 0..<8 { word |= UInt64(bytes[index + shift]) << UInt64(8 * shift) }
            add(word)
            index += 8
        }
        var rest: UInt64 = 0
        for (shift, byte) in bytes[index...].enumerated() { rest |= UInt64(byte) << UInt64(8 * shift) }
        add(rest)
    }

    /// Takes in a bar, all its numbers bit for bit; the instrument goes by name, since ids are the run's own.
    package mutating func add(_ bar: Bar, instrument: UInt64) {
        add(UInt64(bitPattern: bar.time))
        add(bar.open.bitPattern)
        add(bar.high.bitPattern)
        add(bar.low.bitPattern)
        add(bar.close.bitPattern)
        add(bar.volume.bitPattern)
        add(bar.amount.bitPattern)
        add(instrument)
    }

    /// The digest as 32 hexadecimal digits.
    package var text: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    /// The digest as a number, 0 ..< 1, as even as if it were drawn.
    package var fraction: Double {
        var word = low ^ high
        word = (word ^ (word >> 33)) &* 0xff51_afd7_ed55_8ccd
        word = (word ^ (word >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return Double((word ^ (word >> 33)) >> 11) * 0x1p-53
    }

    /// Returns the digest of bytes.
    package static func of(_ bytes: [UInt8]) -> String {
        var digest = StableDigest()
        digest.add(bytes: bytes)
        return digest.text
    }

    /// Returns the digest of texts.
    package static func of(_ texts: [String]) -> String {
        var digest = StableDigest()
        for text in texts { digest.add(text) }
        return digest.text
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
