/// Reads one JSON document (RFC 8259) from outside into a value; every byte is checked, nesting is bounded.
///
/// The tree of a hostile document is at most about twenty times its bytes, and its bytes are bounded by the line limit.
public struct JSONReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var depth = 0
    private let maximumDepth: Int

    private init(_ bytes: ArraySlice<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        position = bytes.startIndex
        self.maximumDepth = maximumDepth
    }

    /// Reads a whole document; throws `.json` with the byte's position.
    public static func read(_ bytes: ArraySlice<UInt8>, maximumDepth: Int = 32) throws(ProtocolError) -> JSONValue {
        var reader = JSONReader(bytes, maximumDepth: maximumDepth)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.endIndex else { throw reader.fault("nothing more was expected") }
        return value
    }

    private mutating func value() throws(ProtocolError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try nested { (reader) throws(ProtocolError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { (reader) throws(ProtocolError) in try reader.array() }
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(ProtocolError) -> JSONValue
    ) throws(ProtocolError) -> JSONValue {
        depth += 1
        guard depth <= maximumDepth else { throw fault("at most \(maximumDepth) levels are allowed") }
        position += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(ProtocolError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            let name = try string()
            guard take(":") else { throw fault("':' was expected") }
            guard members.updateValue(try value(), forKey: name) == nil else {
                throw fault("a member's name is there twice")
            }
        } while take(",")
        guard take("}") else { throw fault("',' or '}' was expected") }
        return .object(members)
    }

    private mutating func array() throws(ProtocolError) -> JSONValue {
        var values: [JSONValue] = []
        if take("]") { return .array(values) }
        repeat { values.append(try value()) } while take(",")
        guard take("]") else { throw fault("',' or ']' was expected") }
        return .array(values)
    }

    private mutating func number() throws(ProtocolError) -> JSONValue {
        let start = position
        _ = takeHere("-")
        let whole = position
        skipDigits()
        guard position > whole, position - whole == 1 || bytes[whole] != UInt8(ascii: "0") else {
            throw fault("a value was expected")
        }
        var isWhole = true
        if takeHere(".") {
            isWhole = false
            try digits()
        }
        if takeHere("e") || takeHere("E") {
            isWhole = false
            if !takeHere("+") { _ = takeHere("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw fault("a finite number was expected") }
        return .number(value)
    }

    private mutating func string() throws(ProtocolError) -> String {
        guard takeHere("\"") else { throw fault("a text was expected") }
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        var text = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw fault("UTF-8 was expected") }
                return valid
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw fault("no control character is allowed in a text")
            default: text.append(byte)
            }
        }
        throw fault("the end of a text was expected")
    }
}

extension JSONReader {
    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func skipDigits() {
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    }

    private mutating func digits() throws(ProtocolError) {
        let start = position
        skipDigits()
        guard position > start else { throw fault("a digit was expected") }
    }

    private mutating func takeHere(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return takeHere(character)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(ProtocolError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("a value was expected") }
        position += word.utf8.count
        return value
    }

    private mutating func escape() throws(ProtocolError) -> Unicode.Scalar {
        guard let byte = current else { throw fault("the end of a text was expected") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "u"): return try unicodeScalar()
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        default: throw fault("another character after a backslash was expected")
        }
    }

    private mutating func unicodeScalar() throws(ProtocolError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, takeHere("\\"), takeHere("u") else { throw fault("half a character is there") }
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("half a character is there") }
        return scalar
    }

    private mutating func hexadecimal() throws(ProtocolError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func fault(_ what: String) -> ProtocolError {
        ProtocolError(.json, "a line is no JSON at byte \(position - bytes.startIndex): \(what)")
    }
}
