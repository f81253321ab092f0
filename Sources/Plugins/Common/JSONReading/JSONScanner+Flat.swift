public import PluginKit

// What is read without memory of its own: for streams of small documents.
extension JSONScanner {
    /// What begins at the place, after spaces.
    public enum Start: Sendable, Hashable {
        case object, array, text, other
    }

    /// Returns what begins here.
    public mutating func start() -> Start {
        skipSpace()
        return switch current {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .text
        default: .other
        }
    }

    /// Moves past a `null`, where one begins here.
    public mutating func takeNull() -> Bool { takeWord("null") }

    /// Reads an object as `object` does; a key that is longer than a `JSONName` holds, or has an escape, is no name: its value is
    /// skipped.
    public mutating func fields(
        _ member: (_ name: JSONName, _ scanner: inout JSONScanner) throws(PluginError) -> Void
    ) throws(PluginError) {
        try enter("{")
        if take("}") { return leave() }
        repeat {
            let name = try shortText()
            try expect(":")
            if let name { try member(name, &self) } else { try skip() }
        } while take(",")
        try expect("}")
        leave()
    }

    /// Reads a text; `nil` where it is longer than a `JSONName` holds, or has an escape.
    public mutating func shortText() throws(PluginError) -> JSONName? {
        try expect("\"")
        var name = JSONName()
        var place = position
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") {
                position = place + 1
                return name
            }
            guard byte != UInt8(ascii: "\\"), name.append(byte) else {
                position = place
                try skipText()
                return nil
            }
            place += 1
        }
        position = place
        throw fault("the end of a text was expected")
    }

    /// Reads a number, or a text that is one (`"187.15"`), to the nearest `Double`; finite.
    public mutating func decimal() throws(PluginError) -> Double {
        skipSpace()
        let isText = takeHere("\"")
        guard let value = JSONNumber.double(bytes, &position), value.isFinite, !isText || takeHere("\"") else {
            throw fault("a number was expected")
        }
        return value
    }

    /// Reads a whole number of 64 bits, or a text that is one.
    public mutating func whole() throws(PluginError) -> Int64 {
        skipSpace()
        let isText = takeHere("\"")
        let isNegative = takeHere("-")
        let start = position
        var place = position
        var value: Int64 = 0
        while place < bytes.count, case let digit = bytes[place] &- UInt8(ascii: "0"), digit <= 9 {
            value = value &* 10 &+ Int64(digit)
            place += 1
        }
        position = place
        // 18 digits fit for sure; of more, it is read again with care.
        let isTooLong = place - start > 18 && Int64(String(decoding: bytes[start..<place], as: UTF8.self)) == nil
        guard position > start, !isTooLong, !isText || takeHere("\"") else {
            throw fault("a whole number was expected")
        }
        return isNegative ? -value : value
    }

    /// Moves past the rest of a text.
    mutating func skipText() throws(PluginError) {
        var place = position
        while place < bytes.count {
            let byte = bytes[place]
            place += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") {
                position = place
                return
            }
        }
        position = bytes.count
        throw fault("the end of a text was expected")
    }
}
