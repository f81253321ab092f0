public import PluginKit

/// Reads JSON from outside in one pass, checked at every byte: no tree of values, no recursion without a bound.
///
/// `NaN`, `Infinity` and `-Infinity` are taken as numbers, since XGBoost and Python write them. The caller walks the document: `object` and `array` hand each member to a closure that must read or skip it.
public struct JSONScanner {
    let bytes: [UInt8]
    var position = 0
    private let subject: JSONSubject
    private var depth = 0
    private static let maximumDepth = 64

    /// Begins at the first byte.
    public init(_ bytes: [UInt8], _ subject: JSONSubject) {
        self.bytes = bytes
        self.subject = subject
    }

    /// Reads an object; `member` gets each key and must read or skip its value.
    public mutating func object(
        _ member: (_ key: String, _ scanner: inout JSONScanner) throws(PluginError) -> Void
    ) throws(PluginError) {
        try enter("{")
        if take("}") { return leave() }
        repeat {
            let key = try string()
            try expect(":")
            try member(key, &self)
        } while take(",")
        try expect("}")
        leave()
    }

    /// Reads an array; `element` must read or skip each element.
    public mutating func array(
        _ element: (_ scanner: inout JSONScanner) throws(PluginError) -> Void
    ) throws(PluginError) {
        try enter("[")
        if take("]") { return leave() }
        repeat { try element(&self) } while take(",")
        try expect("]")
        leave()
    }

    /// Reads a text.
    public mutating func string() throws(PluginError) -> String {
        try expect("\"")
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        if current == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: bytes[start..<position - 1], as: UTF8.self)
        }
        return try stringWithEscapes(Array(bytes[start..<position]))
    }

    /// Reads a number, to the nearest `Float`.
    public mutating func number() throws(PluginError) -> Float {
        skipSpace()
        guard let value = JSONNumber.float(bytes, &position) else { throw fault("a number was expected") }
        return value
    }

    /// Reads a number as it is written, so that its reader decides how exact it must be.
    public mutating func numberText() throws(PluginError) -> String {
        skipSpace()
        let start = position
        guard JSONNumber.skip(bytes, &position) else { throw fault("a value was expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads a whole number that fits 32 bits.
    public mutating func integer() throws(PluginError) -> Int32 {
        skipSpace()
        let isNegative = takeHere("-")
        let start = position
        var value: Int64 = 0
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), position - start < 12 {
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            position += 1
        }
        guard position > start, let whole = Int32(exactly: isNegative ? -value : value) else {
            throw fault("a whole number of 32 bits was expected")
        }
        return whole
    }

    /// Reads `true`, `false`, 1 or 0.
    public mutating func flag() throws(PluginError) -> Bool {
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        let value = try integer()
        guard value == 0 || value == 1 else { throw fault("true, false, 1 or 0 was expected") }
        return value == 1
    }

    /// Reads past a value of any kind.
    public mutating func skip() throws(PluginError) {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): try object { (_, scanner) throws(PluginError) in try scanner.skip() }
        case UInt8(ascii: "["): try array { (scanner) throws(PluginError) in try scanner.skip() }
        case UInt8(ascii: "\""):
            position += 1
            try skipText()
        default: if !(takeWord("true") || takeWord("false") || takeWord("null")) { _ = try number() }
        }
    }

    /// Checks that nothing follows.
    public mutating func end() throws(PluginError) {
        skipSpace()
        guard position == bytes.count else { throw fault("nothing more was expected") }
    }

    /// Makes the error for the current place.
    public func fault(_ what: String) -> PluginError {
        let place = position < bytes.count ? "at byte \(position) of \(bytes.count)" : "at its end, byte \(position)"
        return PluginError(subject.code, "\(subject.name) cannot be read \(place): \(what). \(subject.remedy)")
    }
}

extension JSONScanner {
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    @inline(__always)
    mutating func takeHere(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        return takeHere(character)
    }

    @inline(__always)
    mutating func expect(_ character: Unicode.Scalar) throws(PluginError) {
        guard take(character) else { throw fault("'\(character)' was expected") }
    }

    mutating func takeWord(_ word: StaticString) -> Bool {
        skipSpace()
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for offset in 0..<count where bytes[position + offset] != word.utf8Start[offset] { return false }
        position += count
        return true
    }

    mutating func enter(_ character: Unicode.Scalar) throws(PluginError) {
        try expect(character)
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("at most \(Self.maximumDepth) levels were expected") }
    }

    mutating func leave() { depth -= 1 }

    /// Reads the rest of a text from its first backslash.
    private mutating func stringWithEscapes(_ start: [UInt8]) throws(PluginError) -> String {
        var text = start
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            default: text.append(byte)
            }
        }
        throw fault("the end of a text was expected")
    }

    private mutating func escape() throws(PluginError) -> [UInt8] {
        guard let byte = current else { throw fault("the end of a text was expected") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "u"): return Array(String(try unicodeScalar()).utf8)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        default: throw fault("another character after a backslash was expected")
        }
    }

    private mutating func unicodeScalar() throws(PluginError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard takeHere("\\"), takeHere("u") else { throw fault("the second half of a character was expected") }
        let second = try hexadecimal()
        guard first < 0xDC00, (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault("the second half of a character was expected") }
        return scalar
    }

    private mutating func hexadecimal() throws(PluginError) -> UInt32 {
        let end = min(position + 4, bytes.count)
        let digits = String(decoding: bytes[position..<end], as: UTF8.self)
        guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16) else {
            throw fault("four hexadecimal digits were expected")
        }
        position = end
        return value
    }
}
