/// The text of a file as UTF-8 bytes, read in pieces: gzip and zip are inflated, GB18030 converted, a byte order mark dropped.
///
/// What the file is shows in its first bytes, not in its name. Memory is a few pieces, whatever the file's size.
final class ByteStream {
    private var file: FileBytes
    private let encoding: TextEncoding
    private let pieceSize: Int
    private var piece: [UInt8] = []
    private var piecePosition = 0
    private var inflater: Inflater?
    private let member: String?
    private var zip: ZipCheck?
    /// Bytes that were inflated so far.
    private var inflatedCount: Int64 = 0
    private var converter: EncodingConverter?
    private var isStarted = false
    private var isFileAtEnd = false
    private var isFinished = false
    /// How many bytes of the file are before its text: a byte order mark.
    private var markCount: Int64 = 0
    private var unpacked: UnpackedText?
    private let tables: RecordFormat.Tables
    private var table: OpenedTable?

    /// No text packs this well: what unpacks to more than 64 MiB and 250 times its bytes is meant to harm.
    private static let plausible: (size: Int64, ratio: Int64) = (64 << 20, 250)

    init(
        path: String, member: String? = nil, encoding: TextEncoding, pieceSize: Int,
        tables: RecordFormat.Tables = RecordFormat.Tables()
    ) {
        file = FileBytes(path: path)
        self.member = member
        self.encoding = encoding
        self.tables = tables
        self.pieceSize = max(pieceSize, 1)
    }

    /// Returns an independent stream at the same place.
    func copy() throws(TextError) -> ByteStream {
        let other = ByteStream(
            path: file.path, member: member, encoding: encoding, pieceSize: pieceSize, tables: tables)
        other.table = try table?.copy(delimiter: tables.delimiter)
        (other.file, other.piece, other.piecePosition) = (file, piece, piecePosition)
        (other.isStarted, other.isFileAtEnd, other.isFinished) = (isStarted, isFileAtEnd, isFinished)
        (other.markCount, other.unpacked) = (markCount, unpacked)
        (other.zip, other.inflatedCount) = (zip, inflatedCount)
        other.inflater = inflater?.copy()
        other.converter = converter?.copy()
        guard (inflater == nil) == (other.inflater == nil), (converter == nil) == (other.converter == nil) else {
            throw TextError(.unreadable, "\(file.name) cannot be read: memory is short. Close other programs.")
        }
        return other
    }

    /// A stream of plain text from an offset of the same file on; what took the place of that file is noticed.
    init(_ other: ByteStream, from offset: Int64) {
        (file, member, encoding, pieceSize) = (other.file, nil, other.encoding, other.pieceSize)
        tables = other.tables
        unpacked = other.unpacked
        file.offset = offset
        isStarted = true
    }

    /// The text of another stream, laid out in a file.
    init(_ text: UnpackedText, like other: ByteStream) {
        file = FileBytes(path: text.path)
        (member, encoding, pieceSize, unpacked) = (nil, .utf8, other.pieceSize, text)
        tables = other.tables
        isStarted = true
    }

    /// The file's name, quoted, for messages.
    var name: String { file.name }

    /// Where a place of the text stands in the file; `nil` where the file has the text in another form.
    func byteOffset(ofText offset: Int64) -> Int64? {
        inflater == nil && zip == nil && converter == nil && table == nil ? offset + markCount : nil
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
        if table != nil { return try readTable(&output) }
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
        if let found = tables.formats.first(where: { piece.starts(with: $0.magic) }) {
            table = try OpenedTable(found, path: file.path, delimiter: tables.delimiter)
            return try readTable(&output)
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

    private func readTable(_ output: inout [UInt8]) throws(TextError) -> Bool {
        let hasMore = try table?.read(into: &output) ?? false
        isFinished = !hasMore
        return hasMore
    }

    private func chooseFormat() throws(TextError) {
        let others: [(magic: [UInt8], name: String)] = [
            ([0xFD, 0x37, 0x7A, 0x58], "an xz archive"),
            ([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive"), ([0x42, 0x5A, 0x68], "a bzip2 archive"),
            ([0x50, 0x41, 0x52, 0x31], "a Parquet file"), (Array("SQLite".utf8), "a SQLite file"),
            ([0xD0, 0xCF, 0x11, 0xE0], "an Excel workbook"),
        ]
        if let found = others.first(where: { piece.starts(with: $0.magic) }) {
            throw TextError(
                .unsupportedFormat,
                "\(file.name) is \(found.name); allowed are text, gzip and zip. Unpack it or save it as CSV.",
                byteOffset: 0)
        }
        if [[0x50, 0x4B, 0x03, 0x04], [0x50, 0x4B, 0x05, 0x06]].contains(where: { piece.starts(with: $0) }) {
            return try openMember()
        }
        if piece.starts(with: [0x1F, 0x8B]) { return try beginInflating(.gzip) }
        guard let member else { return }
        throw TextError(
            .wrongMember, "\(file.name) is no zip archive, so it has no member '\(member)'. Correct the name.")
    }

    private func beginInflating(_ container: Inflater.Container) throws(TextError) {
        inflater = Inflater(container)
        if inflater == nil { throw TextError(.unreadable, "\(file.name) cannot be inflated: memory is short.") }
    }

    /// Finds the file of the archive that is meant, and goes there.
    private func openMember() throws(TextError) {
        var directory = try ZipDirectory(file)
        let found = try directory.member(named: member)
        file.offset = try directory.start(of: found)
        file.end = file.offset + found.packedSize
        (piece, piecePosition, isFileAtEnd) = ([], 0, false)
        zip = ZipCheck(found)
        if found.method == 8 { try beginInflating(.none) }
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
        let before = output.count
        hand(to: &output)
        isFinished = isFileAtEnd
        try zip?.take(output[before...], isLast: isFinished, file.name)
        if isFinished, let fault = unpacked?.endFault { throw fault }
        return !isFinished
    }

    /// Hands the piece on; it is not kept, so that a reader holds its bytes once.
    private func hand(to output: inout [UInt8]) {
        if piecePosition == 0, output.isEmpty { output = piece } else { output += piece[piecePosition...] }
        (piece, piecePosition) = ([], 0)
    }

    private func inflate(with inflater: Inflater, into output: inout [UInt8]) throws(TextError) -> Bool {
        if inflater.isBetweenMembers { return try beginMember(with: inflater) }
        let before = output.count
        let outcome = inflater.inflate(piece, from: &piecePosition, into: &output, limit: pieceSize * 4)
        try checkSize(output.count - before)
        if case .memberEnded = outcome, zip != nil { isFinished = true }
        try zip?.take(output[before...], isLast: isFinished, file.name)
        switch outcome {
        case .memberEnded:
            return !isFinished
        case .running:
            // Without input zlib may still have output to give; without either, the rest of the file is missing.
            guard isFileAtEnd, output.count == before else { return true }
            isFinished = true
            if zip != nil { throw ZipCheck.damage(file.name, "its packed bytes end too early") }
            throw TextError(
                .truncatedGzip,
                "\(file.name) ends in the middle of its gzip stream, at byte \(file.offset): it is cut. Copy it again.",
                byteOffset: file.offset)
        case .damaged(let words):
            isFinished = true
            if zip != nil { throw ZipCheck.damage(file.name, "near byte \(place): \(words)") }
            throw TextError(
                .damagedGzip, "\(file.name) has a damaged gzip stream near byte \(place): \(words). Copy it again.",
                byteOffset: place)
        }
    }

    /// Refuses what was packed to fill a disk or to keep a reader busy for ever.
    private func checkSize(_ added: Int) throws(TextError) {
        inflatedCount += Int64(added)
        guard inflatedCount > Self.plausible.size, inflatedCount / Self.plausible.ratio > file.offset else { return }
        isFinished = true
        throw TextError(
            .implausibleSize,
            "\(file.name) unpacks to more than \(Self.plausible.ratio) times its size, which no text of data does. "
                + "Unpack it yourself where it is right.", byteOffset: place)
    }

    /// After a member: another one, zeros (padding of tapes and block devices), or the end.
    private func beginMember(with inflater: Inflater) throws(TextError) -> Bool {
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

/// What the archive's directory says of the file that is read, compared with what comes.
private struct ZipCheck {
    private let member: ZipMember
    private var count: Int64 = 0
    private var checksum: UInt32 = 0

    init(_ member: ZipMember) { self.member = member }

    mutating func take(_ bytes: ArraySlice<UInt8>, isLast: Bool, _ file: String) throws(TextError) {
        count += Int64(bytes.count)
        checksum = Inflater.checksum(checksum, bytes)
        guard count > member.size || isLast, count != member.size || checksum != member.checksum else { return }
        throw Self.damage(
            file, "'\(member.name)' is not of the length and checksum that the directory says (\(member.size) bytes)")
    }

    static func damage(_ file: String, _ what: String) -> TextError {
        TextError(.damagedZip, "\(file) has a damaged zip member: \(what). Copy it again.")
    }
}
