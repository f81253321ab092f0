import Crypto

/// The SHA-256 of a content; written `sha256:` and 64 hexadecimal digits.
package struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// Computes the digest of bytes.
    package init(of content: [UInt8]) { bytes = Array(SHA256.hash(data: content)) }

    /// Reads the written form; `nil` where the text is none.
    package init?(_ text: String) {
        guard text.hasPrefix("sha256:"), text.utf8.count == 71 else { return nil }
        let digits = Array(text.utf8.dropFirst(7))
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    /// The written form.
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return "sha256:"
            + String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
