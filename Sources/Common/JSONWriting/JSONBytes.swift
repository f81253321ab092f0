/// The smallest parts of JSON, appended to bytes.
public enum JSONBytes {
    /// Appends a text with its quotes. `"`, `\` and control characters are escaped, also those of C1, so that a text shown in a
    /// terminal cannot steer it; the rest stays UTF-8.
    public static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F: appendEscape(byte, to: &bytes)
            // C1 is C2 80 ... C2 9F in UTF-8.
            case 0x80...0x9F where previous == 0xC2:
                bytes.removeLast()
                appendEscape(byte, to: &bytes)
            default: bytes.append(byte)
            }
            previous = byte
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends the shortest number that reads back as the same one; `null` for NaN and the infinities, which JSON lacks.
    public static func append(_ number: Double, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
    }

    /// Appends a whole number.
    public static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: number.description.utf8)
    }

    /// Appends an array of texts.
    public static func append(_ texts: [String], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Appends an object of numbers in the order of the keys, which `key` made.
    public static func append(keys: [[UInt8]], to bytes: inout [UInt8], value: (Int) -> Double) {
        bytes.append(UInt8(ascii: "{"))
        for (index, key) in keys.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: key)
            append(value(index), to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Returns `"name":`, ready to be appended again and again.
    public static func key(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        return bytes
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hexadecimal(byte >> 4))
            bytes.append(hexadecimal(byte & 0xF))
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
