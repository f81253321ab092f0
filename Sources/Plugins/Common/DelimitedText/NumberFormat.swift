/// How numbers of a file are written.
public struct NumberFormat: Sendable, Hashable {
    /// The byte before the fraction.
    public var decimalMark: UInt8
    /// The byte between groups of digits, where they are grouped; a space stands for a no-break space too.
    public var groupMark: UInt8?
    /// Whether numbers have a currency sign (`$ € £ ¥`) or a suffix: `K`, `M`, `B`, `T`, `万`, `亿`.
    public var hasSigns: Bool

    /// Creates a format; `1234.5` by default.
    public init(decimalMark: UInt8 = UInt8(ascii: "."), groupMark: UInt8? = nil, hasSigns: Bool = false) {
        self.decimalMark = decimalMark
        self.groupMark = groupMark
        self.hasSigns = hasSigns
    }

    var isPlain: Bool { self == NumberFormat() }
}

extension DecimalText {
    /// Reads a number as a format has it and multiplies it by a power of ten before it is rounded.
    ///
    /// Groups must be where groups are: two or three digits, three in the last. `nil` for anything else.
    public static func number(_ text: Span<UInt8>, _ format: NumberFormat, timesTenTo shift: Int = 0) -> Double? {
        if format.isPlain { return number(text, timesTenTo: shift) }
        var plain = PlainNumber(text, format)
        return plain.rewrite() ? plain.value(timesTenTo: shift) : nil
    }
}

/// Rewrites a number to the plain form, in place.
private struct PlainNumber {
    private static let capacity = 64
    private var bytes = InlineArray<64, UInt8>(repeating: 0)
    private var count = 0
    private let format: NumberFormat
    private var exponent = 0

    init(_ text: Span<UInt8>, _ format: NumberFormat) {
        self.format = format
        guard text.count <= Self.capacity else { return }
        for index in text.indices { bytes[index] = text[index] }
        count = text.count
    }

    func value(timesTenTo shift: Int) -> Double? {
        DecimalText.number(bytes.span.extracting(0..<count), timesTenTo: shift + exponent)
    }

    mutating func rewrite() -> Bool {
        replace([0xC2, 0xA0], by: UInt8(ascii: " "))
        replace([0xE2, 0x80, 0xAF], by: UInt8(ascii: " "))
        trim()
        if format.hasSigns { takeSigns() }
        return count > 0 && takeGroups()
    }

    private mutating func takeSigns() {
        let suffixes: [([UInt8], Int)] = [
            (Array("K".utf8), 3), (Array("M".utf8), 6), (Array("B".utf8), 9), (Array("T".utf8), 12),
            (Array("万".utf8), 4), (Array("亿".utf8), 8),
        ]
        for (suffix, power) in suffixes where ends(with: suffix) {
            (count, exponent) = (count - suffix.count, power)
            trim()
            break
        }
        let isSigned = count > 0 && (bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+"))
        for sign in ["$", "€", "£", "¥", "￥"].map({ Array($0.utf8) }) where has(sign, at: isSigned ? 1 : 0) {
            remove(isSigned ? 1 : 0, sign.count)
            break
        }
        trim()
    }

    /// Takes group marks out and puts a point for the decimal mark.
    private mutating func takeGroups() -> Bool {
        var (length, groups, position) = (0, 0, 0)
        while position < count {
            let byte = bytes[position]
            if byte &- UInt8(ascii: "0") <= 9 {
                length += 1
                position += 1
            } else if byte == format.groupMark {
                guard (1...3).contains(length), groups == 0 || length >= 2 else { return false }
                remove(position, 1)
                (length, groups) = (0, groups + 1)
            } else if byte == format.decimalMark {
                guard groups == 0 || length == 3 else { return false }
                bytes[position] = UInt8(ascii: ".")
                return fractionIsPlain(after: position)
            } else if byte == UInt8(ascii: "."), format.decimalMark != byte {
                return false
            } else {
                position += 1
            }
        }
        return groups == 0 || length == 3
    }

    private func fractionIsPlain(after position: Int) -> Bool {
        for index in position + 1..<max(count, position + 1) where bytes[index] == UInt8(ascii: ".") { return false }
        return true
    }

    private mutating func trim() {
        while count > 0, bytes[count - 1] == UInt8(ascii: " ") || bytes[count - 1] == UInt8(ascii: "\t") { count -= 1 }
        while count > 0, bytes[0] == UInt8(ascii: " ") || bytes[0] == UInt8(ascii: "\t") { remove(0, 1) }
    }

    private func ends(with suffix: [UInt8]) -> Bool {
        guard count > suffix.count else { return false }
        return suffix.indices.allSatisfy {
            let byte = bytes[count - suffix.count + $0]
            return byte == suffix[$0] || suffix.count == 1 && byte == suffix[$0] | 0x20
        }
    }

    private func has(_ sign: [UInt8], at start: Int) -> Bool {
        count - start >= sign.count && sign.indices.allSatisfy { bytes[start + $0] == sign[$0] }
    }

    private mutating func replace(_ sequence: [UInt8], by byte: UInt8) {
        var position = 0
        while position + sequence.count <= count {
            if has(sequence, at: position) {
                remove(position, sequence.count - 1)
                bytes[position] = byte
            }
            position += 1
        }
    }

    private mutating func remove(_ start: Int, _ length: Int) {
        for index in start..<(count - length) { bytes[index] = bytes[index + length] }
        count -= length
    }
}
