import CivilTime

/// Writes JSON into bytes, without a tree in between and without Foundation.
///
/// ```swift
/// var json = JSONText()
/// json.object { $0.field("status", "ok"); $0.field("uptime_seconds", 12) }
/// ```
/// A number that is not finite becomes `null`. Commas are set by looking at the last byte.
struct JSONText {
    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []

    /// Creates an empty text with room for `capacity` bytes.
    init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// Writes an object.
    mutating func object(_ body: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes an array.
    mutating func array(_ body: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        body(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes the key of the value that follows.
    mutating func key(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a text.
    mutating func value(_ text: some StringProtocol) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { append(escaping: byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a whole number.
    mutating func value(_ number: Int) {
        separate()
        append(number)
    }

    /// Writes a number with as many digits as it takes to read the same number back.
    mutating func value(_ number: Double) {
        guard number.isFinite else { return null() }
        separate()
        if number == number.rounded(.towardZero), abs(number) < 1e15 {
            append(Int(number))
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// Writes `true` or `false`.
    mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    /// Writes `null`.
    mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes bytes that are JSON already.
    mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes an instant as `2013-03-01T21:00:00Z`; nanoseconds since the Unix epoch, UTC.
    mutating func value(time nanoseconds: Int64) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        ISO8601.append(nanoseconds, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func append(_ number: Int) {
        guard number >= 0 else {
            bytes.append(contentsOf: number.description.utf8)
            return
        }
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case UInt8(ascii: "\n"):
            bytes.append(contentsOf: "\\n".utf8)
        case 0..<0x20, 0x7F:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        default:
            bytes.append(byte)
        }
    }
}

extension JSONText {
    /// Writes a key and a text.
    mutating func field(_ name: String, _ text: some StringProtocol) {
        key(name)
        value(text)
    }

    /// Writes a key and a whole number.
    mutating func field(_ name: String, _ number: Int) {
        key(name)
        value(number)
    }

    /// Writes a key and a number.
    mutating func field(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    /// Writes a key and a switch.
    mutating func field(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    /// Writes a key and an instant.
    mutating func field(_ name: String, time nanoseconds: Int64) {
        key(name)
        value(time: nanoseconds)
    }

    /// Writes a key and texts.
    mutating func field(_ name: String, _ texts: [String]) {
        key(name)
        array { for text in texts { $0.value(text) } }
    }

    /// Writes a key and counters by name, in order of the names.
    mutating func field(_ name: String, _ counters: some Sequence<(key: String, value: Int)>) {
        key(name)
        object { for (key, count) in counters.sorted(by: { $0.key < $1.key }) { $0.field(key, count) } }
    }
}
