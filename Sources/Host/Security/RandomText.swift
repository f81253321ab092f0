/// Texts nobody can guess, out of the system's randomness.
enum RandomText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Returns so many random bytes, two letters each.
    static func hex(_ count: Int) -> String { hex(bytes(count)) }

    /// Returns bytes as text, two letters each.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Returns the bytes of a text of hexadecimal digits; `nil` where it is none.
    static func bytes(hex text: some StringProtocol) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count.isMultiple(of: 2), letters.allSatisfy(isHex) else { return nil }
        return stride(from: 0, to: letters.count, by: 2).map { value(letters[$0]) << 4 | value(letters[$0 + 1]) }
    }

    /// Returns random bytes.
    static func bytes(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in random.next() }
    }

    /// Whether a byte is a digit of `hex`.
    static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func value(_ letter: UInt8) -> UInt8 { letter < 0x3A ? letter - 0x30 : letter - 0x57 }
}
