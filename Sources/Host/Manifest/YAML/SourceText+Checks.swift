/// Something about the text as a whole that stops it from being read.
struct TextDefect: Error {
    /// Where.
    let mark: SourceMark
    /// What is wrong; what is allowed.
    let message: String
    /// What to do.
    let hint: String
}

extension SourceText {
    /// Most bytes a manifest may have.
    package static let sizeLimit = 1 << 20

    /// Throws the first reason why the bytes cannot be a manifest: size, encoding, control characters.
    ///
    /// - Parameter byteCount: how many bytes the file has; they are not looked at where there are too many.
    func check(byteCount: Int) throws(TextDefect) {
        if byteCount > Self.sizeLimit {
            throw TextDefect(
                mark: .start, message: "the file has \(byteCount) bytes; allowed 1 MiB.",
                hint: "Check that the path names a manifest.")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw TextDefect(
                mark: .start, message: "the file is encoded in UTF-16; allowed UTF-8.", hint: "Save it as UTF-8.")
        }
        if let offset = firstOffsetOutsideUTF8() {
            throw TextDefect(
                mark: mark(atOffset: offset),
                message: "byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8; allowed UTF-8.",
                hint: "Save the file as UTF-8 (a Chinese one may be GB18030: iconv -f GB18030 -t UTF-8).")
        }
        if let offset = bytes.firstIndex(where: Self.isControl) {
            throw TextDefect(
                mark: mark(atOffset: offset),
                message: "a control character (0x\(String(bytes[offset], radix: 16, uppercase: true))) is in the text.",
                hint: "Remove it.")
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D) || byte == 0x7F
    }

    private func firstOffsetOutsideUTF8() -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var consumed = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): consumed += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return min(consumed, bytes.count - 1)
            }
        }
    }
}
