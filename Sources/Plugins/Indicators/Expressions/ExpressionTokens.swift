/// A word, number or sign of an expression.
struct ExpressionToken {
    enum Kind: Equatable {
        case number(Double)
        case name(String)
        case sign(String)
        case end
    }

    let kind: Kind
    let range: Range<Int>

    /// How a message names it.
    var shown: String {
        switch kind {
        case .number(let number): "the number \(number)"
        case .name(let name): "'\(name)'"
        case .sign(let sign): "'\(sign)'"
        case .end: "the end"
        }
    }
}

extension ExpressionToken {
    /// The most bytes an expression may have.
    static let longestText = 8_192

    /// Splits a text; the last token is the end.
    static func all(in text: String) throws(ExpressionFault) -> [ExpressionToken] {
        let bytes = Array(text.utf8)
        guard bytes.count <= longestText else {
            throw ExpressionFault(
                longestText..<bytes.count, "it has \(bytes.count) bytes; allowed \(longestText). Make two of it.")
        }
        var tokens: [ExpressionToken] = []
        var place = 0
        while place < bytes.count {
            if bytes[place].isSpace { place += 1 } else { tokens.append(try token(bytes, &place)) }
        }
        tokens.append(ExpressionToken(kind: .end, range: bytes.count..<bytes.count))
        return tokens
    }

    private static func token(_ bytes: [UInt8], _ place: inout Int) throws(ExpressionFault) -> ExpressionToken {
        let start = place
        let byte = bytes[place]
        func taken(_ kind: (String) -> Kind) -> ExpressionToken {
            ExpressionToken(kind: kind(String(decoding: bytes[start..<place], as: UTF8.self)), range: start..<place)
        }
        let startsNumber =
            byte.isDigit || (byte == UInt8(ascii: ".") && place + 1 < bytes.count && bytes[place + 1].isDigit)
        if startsNumber { return try number(bytes, &place) }
        if byte.isLetter {
            while place < bytes.count, bytes[place].isLetter || bytes[place].isDigit { place += 1 }
            return taken(Kind.name)
        }
        let two = place + 1 < bytes.count ? String(decoding: bytes[place...place + 1], as: UTF8.self) : ""
        if ["==", "!=", "<=", ">="].contains(two) {
            place += 2
            return taken(Kind.sign)
        }
        guard "+-*/()<>,.;=".utf8.contains(byte) else {
            while place + 1 < bytes.count, bytes[place + 1] & 0xC0 == 0x80 { place += 1 }
            place += 1
            let found = String(decoding: bytes[start..<place], as: UTF8.self)
            throw ExpressionFault(
                start..<place,
                "'\(found)' has no meaning here; allowed names, numbers and + - * / ( ) < <= > >= == != , . ;"
            )
        }
        place += 1
        return taken(Kind.sign)
    }

    private static func number(_ bytes: [UInt8], _ place: inout Int) throws(ExpressionFault) -> ExpressionToken {
        let start = place
        func digits() { while place < bytes.count, bytes[place].isDigit { place += 1 } }
        digits()
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            digits()
        }
        if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            if place < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[place]) { place += 1 }
            digits()
        }
        while place < bytes.count, bytes[place].isLetter { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw ExpressionFault(start..<place, "'\(text)' is no number. Write 20, 0.5 or 1e-6.")
        }
        return ExpressionToken(kind: .number(value), range: start..<place)
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { [0x20, 0x09, 0x0A, 0x0D].contains(self) }
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    /// A letter of ASCII or `_`: what a name begins with.
    fileprivate var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) || self == 0x5F }
}
