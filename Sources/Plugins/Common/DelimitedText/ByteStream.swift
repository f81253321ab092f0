/// The text of a file as UTF-8 bytes, read in pieces: gzip is inflated, GB18030 converted, a byte order mark dropped.
///
/// What the file is shows in its first bytes, not in its name. Memory is a few pieces, whatever the file's size.
final class ByteStream {
    private var file: FileBytes
    private let encoding: TextEncoding
    private let pieceSize: Int
    private var piece: [UInt8] = []
    private var piecePosition = 0
    private var inflater: GzipInflater?
    private var converter: EncodingConverter?
    private var isStarted = false
    private var isFileAtEnd = false
    private var isFinished = false
    /// How many bytes of the file are before its text: a byte order mark.
    private var markCount: Int64 = 0
    private var unpacked: UnpackedText?

    init(path: String, encoding: TextEncoding, pieceSize: Int) {
        file = FileBytes(path: path)
        self.encoding = encoding
        self.pieceSize = pieceSize
    }

    /// Returns an independent stream at the same place.
    func copy() throws(TextError) -> ByteStream {
        let other = ByteStream(path: file.path, encoding: encoding, pieceSize: pieceSize)
        (other.file, other.piece, other.piecePosition) = (file, piece, piecePosition)
        (other.isStarted, other.isFileAtEnd, other.isFinished) = (isStarted, isFileAtEnd, isFinished)
        (other.markCount, other.unpacked) = (markCount, unpacked)
        other.inflater = inflater?.copy()
        other.converter = converter?.copy()
        guard (inflater == nil) == (other.inflater == nil), (converter == nil) == (other.converter == nil) else {
            throw TextError(.unreadable, "\(file.name) cannot be read: memory is short. Close other programs.")
        }
        return other
    }

    /// A stream of plain text from an offset of the same file on; what took the place of that file is noticed.
    init(_ other: ByteStream, from offset: Int64) {
        (file, encoding, pieceSize) = (other.file, other.encoding, other.pieceSize)
        unpacked = other.unpacked
        file.offset = offset
        isStarted = true
    }

    /// The text of another stream, laid out in a file.
    init(_ text: UnpackedText, like other: ByteStream) {
        file = FileBytes(path: text.path)
        (encoding, pieceSize, unpacked) = (.utf8, other.pieceSize, text)
        isStarted = true
    }

    /// The file's name, quoted, for messages.
    var name: String { file.name }

    /// Where a place of the text stands in the file; `nil` where the file has the text in another form.
    func byteOffset(ofText offset: Int64) -> Int64? {
        inflater == nil && converter == nil ? offset + markCount : nil
    }

    /// Returns the places of unreadable bytes so far and forgets them.
    func takeEncodingFaults() -> [Int64] { converter?.takeFaults() ?? [] }

    /// Whether unreadable bytes of the encoding stood in a range of the text, in offsets from its begin.
    func hasEncodingFault(in range: Range<Int64>) -> Bool {
        converter?.hasFault(in: range) ?? unpacked?.hasEncodingFault(in: range) ?? false
    }

    /// Forgets encoding faults before a place.
    func dropEncodingFaults(before offset: Int64) { converter?.dropFaults(before: offset) }

    /// Appends the next piece of text; returns whether there can be more.
    ///
    /// Where it throws, what it appended before the fault is good.
    func read(into output: inout [UInt8]) throws(TextError) -> Bool {
        if isFinished { return false }
        if !isStarted { return try start(&output) }
        guard let converter else { return try readBytes(into: &output) }
        var bytes: [UInt8] = []
        do throws(TextError) {
            let hasMore = try readBytes(into: &bytes)
            converter.convert(bytes, into: &output, isLast: !hasMore)
            return hasMore
        } catch {
            converter.convert(bytes, into: &output, isLast: false)
            throw error
        }
    }

    /// Reads until the first bytes tell what the file is.
    private func start(_ output: inout [UInt8]) throws(TextError) -> Bool {
        isStarted = true
        while piece.count < 6, !isFileAtEnd {
            var next: [UInt8] = []
            try file.read(into: &next, limit: pieceSize)
            isFileAtEnd = next.isEmpty
            piece += next
        }
        try chooseFormat()
        var head: [UInt8] = []
        var hasMore = true
        var fault: TextError?
        do throws(TextError) {
            while hasMore, head.count < 4 { hasMore = try readBytes(into: &head) }
        } catch {
            fault = error
        }
        try startText(&head)
        let isLast = !hasMore && fault == nil
        if let converter { converter.convert(head, into: &output, isLast: isLast) } else { output += head }
        if let fault { throw fault }
        return hasMore
    }

    private func chooseFormat() throws(TextError) {
        let others: [(magic: [UInt8], name: String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive or an Excel workbook"),
            ([0xFD, 0x37, 0x7A, 0x58], "an xz archive"),
            ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive"), ([0x42, 0x5A, 0x68], "a bzip2 archive"),
            ([0x50, 0x41, 0x52, 0x31], "a Parquet file"), ([0xD0, 0xCF, 0x11, 0xE0], "an Excel workbook"),
        ]
        if let found = others.first(where: { piece.starts(with: $0.magic) }) {
            throw TextError(
                .unsupportedFormat,
                "\(file.name) is \(found.name); allowed are text and gzip. Unpack it or save it as CSV.",
                byteOffset: 0)
        }
        guard piece.starts(with: [0x1F, 0x8B]) else { return }
        inflater = GzipInflater()
        if inflater == nil { throw TextError(.unreadable, "\(file.name) cannot be inflated: memory is short.") }
    }

    /// Drops a byte order mark, and chooses the converter.
    private func startText(_ head: inout [UInt8]) throws(TextError) {
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            throw TextError(
                .wrongEncoding, "\(file.name) is UTF-16 text; allowed are UTF-8 and GB18030. Save it as UTF-8.",
                byteOffset: 0)
        }
        let isMarkedUTF8 = head.starts(with: [0xEF, 0xBB, 0xBF])
        if isMarkedUTF8 {
            head.removeFirst(3)
            markCount = 3
        }
        guard encoding == .gb18030 else { return }
        if isMarkedUTF8 {
            throw TextError(
                .wrongEncoding, "\(file.name) is UTF-8 text by its first bytes, not gb18030. Set encoding: utf-8.",
                byteOffset: 0)
        }
        if head.starts(with: [0x84, 0x31, 0x95, 0x33]) { head.removeFirst(4) }
        converter = EncodingConverter()
        if converter == nil {
            throw TextError(
                .missingConverter,
                "\(file.name) cannot be read: the C library has no GB18030 converter. Install it: "
                    + "apt-get install libc6 (other systems: glibc-gconv-extra).")
        }
    }

    /// Appends the next bytes of the text as they are, inflated where need be; returns whether there can be more.
    private func readBytes(into output: inout [UInt8]) throws(TextError) -> Bool {
        if piecePosition == piece.count, !isFileAtEnd {
            try file.read(into: &piece, limit: pieceSize)
            piecePosition = 0
            isFileAtEnd = piece.isEmpty
        }
        if let inflater { return try inflate(with: inflater, into: &output) }
        hand(to: &output)
        isFinished = isFileAtEnd
        if isFinished, let fault = unpacked?.endFault { throw fault }
        return !isFinished
    }

    /// Hands the piece on; it is not kept, so that a reader holds its bytes once.
    private func hand(to output: inout [UInt8]) {
        if piecePosition == 0, output.isEmpty { output = piece } else { output += piece[piecePosition...] }
        (piece, piecePosition) = ([], 0)
    }

    private func inflate(with inflater: GzipInflater, into output: inout [UInt8]) throws(TextError) -> Bool {
        if inflater.isBetweenMembers { return try beginMember(with: inflater) }
        let before = output.count
        let outcome = inflater.inflate(piece, from: &piecePosition, into: &output, limit: max(pieceSize, 1) * 4)
        switch outcome {
        case .memberEnded:
            return true
        case .running:
            // Without input zlib may still have output to give; without either, the rest of the file is missing.
            guard isFileAtEnd, output.count == before else { return true }
            isFinished = true
            throw TextError(
                .truncatedGzip,
                "\(file.name) ends in the middle of its gzip stream, at byte \(file.offset): it is cut. Copy it again.",
                byteOffset: file.offset)
        case .damaged(let words):
            isFinished = true
            throw TextError(
                .damagedGzip, "\(file.name) has a damaged gzip stream near byte \(place): \(words). Copy it again.",
                byteOffset: place)
        }
    }

    /// After a member: another one, zeros (padding of tapes and block devices), or the end.
    private func beginMember(with inflater: GzipInflater) throws(TextError) -> Bool {
        while piecePosition < piece.count, piece[piecePosition] == 0 { piecePosition += 1 }
        guard piecePosition < piece.count else {
            isFinished = isFileAtEnd
            return !isFinished
        }
        guard piece[piecePosition] == 0x1F else {
            isFinished = true
            throw TextError(
                .damagedGzip,
                "\(file.name) has bytes after its gzip stream, at byte \(place), that are no gzip. "
                    + "Copy it again.", byteOffset: place)
        }
        inflater.beginMember()
        return true
    }

    private var place: Int64 { file.offset - Int64(piece.count - piecePosition) }
}
