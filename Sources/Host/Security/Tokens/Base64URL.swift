/// Base64 as tokens have it (RFC 7515, 2): other letters, no padding.
enum Base64URL {
    private static let values: [UInt8: UInt32] = {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        return Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($0.element, UInt32($0.offset)) })
    }()

    /// Returns the bytes; `nil` where the text is not the only one that stands for them.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var (bits, count): (UInt32, Int) = (0, 0)
        for letter in letters {
            guard let value = values[letter] else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        // What is left over of the last letter is zero, or two texts would stand for the same bytes.
        return bits & ((1 << UInt32(count)) - 1) == 0 ? bytes : nil
    }
}
