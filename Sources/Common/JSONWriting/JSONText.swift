import CivilTime

/// Writes JSON (RFC 8259) into bytes, without a tree in between and without Foundation.
///
/// ```swift
/// var json = JSONText()
/// json.object { $0.field("status", "ok"); $0.field("uptime_seconds", 12) }
/// ```
/// A number that is not finite becomes `null`. Commas are set by looking at the last byte.
public struct JSONText: Sendable {
    /// The text so far, in UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// Creates an empty text with room for `capacity` bytes.
    public init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// Writes an object.
    public mutating func object(_ body: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes an array.
    public mutating func array(_ body: (inout JSONText) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        body(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Writes the key of the value that follows.
    public mutating func key(_ name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a text.
    public mutating func value(_ text: String) {
        separate()
        JSONBytes.append(text, to: &bytes)
    }

    /// Writes a whole number.
    public mutating func value(_ number: Int) {
        separate()
        JSONBytes.append(number, to: &bytes)
    }

    /// Writes the shortest number that reads back the same; `null` for one that is not finite.
    public mutating func value(_ number: Double) {
        separate()
        JSONBytes.append(number, to: &bytes)
    }

    /// Writes `true` or `false`.
    public mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes bytes that are JSON already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes an instant as `2013-03-01T21:00:00Z`; nanoseconds since the Unix epoch, UTC.
    public mutating func value(time nanoseconds: Int64) {
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
}

extension JSONText {
    /// Writes a key and a text.
    public mutating func field(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    /// Writes a key and a whole number.
    public mutating func field(_ name: String, _ number: Int) {
        key(name)
        value(number)
    }

    /// Writes a key and a number.
    public mutating func field(_ name: String, _ number: Double) {
        key(name)
        value(number)
    }

    /// Writes a key and a switch.
    public mutating func field(_ name: String, _ flag: Bool) {
        key(name)
        value(flag)
    }

    /// Writes a key and an instant.
    public mutating func field(_ name: String, time nanoseconds: Int64) {
        key(name)
        value(time: nanoseconds)
    }

    /// Writes a key and texts.
    public mutating func field(_ name: String, _ texts: [String]) {
        key(name)
        array { for text in texts { $0.value(text) } }
    }

    /// Writes a key and counters by name, in order of the names.
    public mutating func field(_ name: String, _ counters: some Sequence<(key: String, value: Int)>) {
        key(name)
        object { for (key, count) in counters.sorted(by: { $0.key < $1.key }) { $0.field(key, count) } }
    }
}
