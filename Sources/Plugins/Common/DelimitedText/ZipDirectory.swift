/// One file of a zip archive.
struct ZipMember: Sendable {
    let name: String
    let isEncrypted: Bool
    /// 0 for bytes as they are, 8 for deflate.
    let method: UInt16
    let checksum: UInt32
    let packedSize: Int64
    let size: Int64
    /// Where its head stands in the archive.
    let offset: Int64
}

/// What a zip archive holds.
public enum ZipArchive {
    /// Returns the names of the files of an archive, without folders; throws where it cannot be read as one.
    public static func names(path: String) throws(TextError) -> [String] {
        var file = FileBytes(path: path)
        var piece: [UInt8] = []
        try file.read(into: &piece, limit: 4)
        return try ZipDirectory(file).members.map(\.name)
    }
}

/// The files of a zip archive, by the directory at its end (PKWARE APPNOTE 6.3.10, zip64 too).
///
/// Every number of it is outside data: none is used before it is known to lie in the archive, and the directory is read
/// only up to 16 MiB.
struct ZipDirectory {
    /// Files, without folders and what systems put beside them.
    private(set) var members: [ZipMember] = []
    private var file: FileBytes

    private static let largest: Int64 = 16 << 20
    private static let endSize = 22

    /// Reads the directory of an archive of which a piece was read before.
    init(_ archive: FileBytes) throws(TextError) {
        file = archive
        let end = try findEnd()
        let bytes = try read(at: end.offset, count: end.size)
        var position = 0
        while position < bytes.count {
            guard let (member, next) = Self.member(bytes, at: position) else {
                throw damaged("its directory has no entry at byte \(end.offset + Int64(position))")
            }
            if !Self.isBeside(member.name) { members.append(member) }
            position = next
        }
    }

    /// Returns the member of a name, in any case, with or without its folders; without a name the only one there is.
    func member(named name: String?) throws(TextError) -> ZipMember {
        if members.contains(where: { $0.name == "[Content_Types].xml" }) {
            throw TextError(.unsupportedFormat, "\(file.name) is an Excel workbook. Save it as CSV.", byteOffset: 0)
        }
        if let name {
            let found =
                members.first { $0.name == name } ?? members.first { $0.name.lowercased() == name.lowercased() }
                ?? members.first { Self.last($0.name).lowercased() == name.lowercased() }
            guard let found else { throw wrongMember("has no member '\(name)'. \(shownNames)") }
            return try checked(found)
        }
        let texts = members.filter { [".csv", ".txt"].contains(String($0.name.lowercased().suffix(4))) }
        guard let only = members.count == 1 ? members.first : texts.count == 1 ? texts.first : nil else {
            throw wrongMember("has \(members.count) members and none is named. \(shownNames)")
        }
        return try checked(only)
    }

    /// Returns where a member's bytes begin; throws where they are not all in the archive.
    mutating func start(of member: ZipMember) throws(TextError) -> Int64 {
        let head = try read(at: member.offset, count: 30)
        guard head.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
            throw damaged("'\(member.name)' has no head at byte \(member.offset)")
        }
        let start = member.offset + 30 + Int64(Self.short(head, 26)) + Int64(Self.short(head, 28))
        guard start <= file.size, member.packedSize <= file.size - start else {
            throw damaged("'\(member.name)' ends behind the end of the archive")
        }
        return start
    }

    private func checked(_ member: ZipMember) throws(TextError) -> ZipMember {
        guard !member.isEncrypted, member.method == 0 || member.method == 8 else {
            let what = member.isEncrypted ? "encrypted" : "packed by method \(member.method)"
            throw TextError(
                .unsupportedFormat,
                "\(file.name) has '\(member.name)' \(what); allowed are stored and deflated members. Pack it anew.")
        }
        return member
    }

    private func wrongMember(_ what: String) -> TextError {
        TextError(.wrongMember, "\(file.name) \(what) Name one as FILE.zip#MEMBER.")
    }

    private var shownNames: String {
        let shown = members.prefix(5).map { "'\($0.name.prefix(100))'" }.joined(separator: ", ")
        if members.isEmpty { return "It is empty." }
        return "It holds \(shown)\(members.count > 5 ? " and \(members.count - 5) more" : "")."
    }

    private func damaged(_ what: String) -> TextError {
        TextError(.damagedZip, "\(file.name) is a damaged zip archive: \(what). Copy it again.")
    }

    private static func last(_ name: String) -> Substring { name.split(separator: "/").last ?? "" }

    private static func isBeside(_ name: String) -> Bool {
        name.hasSuffix("/") || name.hasPrefix("__MACOSX/") || last(name).hasPrefix(".")
    }
}

// MARK: Bytes

extension ZipDirectory {
    /// Finds the directory by the record at the end of the archive, which a comment of up to 64 KiB may follow.
    private mutating func findEnd() throws(TextError) -> (offset: Int64, size: Int) {
        let count = Int(min(file.size, Int64(Self.endSize + 0xFFFF)))
        let tailStart = file.size - Int64(count)
        let tail = try read(at: tailStart, count: count)
        var place = tail.count - Self.endSize
        while place >= 0 {
            let isEnd = tail[place...].starts(with: [0x50, 0x4B, 0x05, 0x06])
            if isEnd, place + Self.endSize + Int(Self.short(tail, place + 20)) == tail.count { break }
            place -= 1
        }
        guard place >= 0 else {
            throw TextError(
                .truncatedZip,
                "\(file.name) is a zip archive without the directory at its end: it is cut. Copy it again.",
                byteOffset: file.size)
        }
        let endOffset = tailStart + Int64(place)
        var (size, offset) = (Int64(Self.long(tail, place + 12)), Int64(Self.long(tail, place + 16)))
        if size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF { (size, offset) = try findLargeEnd(before: endOffset) }
        guard offset >= 0, (0...Self.largest).contains(size), offset <= endOffset - size else {
            throw damaged("its directory of \(size) bytes at byte \(offset) is not in it, or above 16 MiB")
        }
        return (offset, Int(size))
    }

    private mutating func findLargeEnd(before endOffset: Int64) throws(TextError) -> (size: Int64, offset: Int64) {
        let locator = try read(at: endOffset - 20, count: 20)
        let place = Self.huge(locator, 8)
        guard locator.starts(with: [0x50, 0x4B, 0x06, 0x07]), let place else {
            throw damaged("it has no zip64 locator")
        }
        let record = try read(at: place, count: 56)
        guard record.starts(with: [0x50, 0x4B, 0x06, 0x06]), let size = Self.huge(record, 40),
            let offset = Self.huge(record, 48)
        else { throw damaged("it has no zip64 directory") }
        return (size, offset)
    }

    private static func member(_ bytes: [UInt8], at start: Int) -> (ZipMember, next: Int)? {
        guard bytes.count - start >= 46, bytes[start...].starts(with: [0x50, 0x4B, 0x01, 0x02]) else { return nil }
        let nameEnd = start + 46 + Int(short(bytes, start + 28))
        let extraEnd = nameEnd + Int(short(bytes, start + 30))
        let next = extraEnd + Int(short(bytes, start + 32))
        guard next <= bytes.count else { return nil }
        // Sizes and offset that do not fit are in an extra field, only those, in this order.
        var sizes = [24, 20, 42].map { Int64(long(bytes, start + $0)) }
        var large = largeNumbers(bytes[nameEnd..<extraEnd])
        for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
            guard !large.isEmpty else { return nil }
            sizes[index] = large.removeFirst()
        }
        let member = ZipMember(
            name: String(decoding: bytes[(start + 46)..<nameEnd], as: UTF8.self),
            isEncrypted: short(bytes, start + 8) & 1 != 0, method: short(bytes, start + 10),
            checksum: long(bytes, start + 16), packedSize: sizes[1], size: sizes[0], offset: sizes[2])
        return (member, next)
    }

    /// The numbers of the zip64 extra field; none where there is no such field, or one is beyond an `Int64`.
    private static func largeNumbers(_ extra: ArraySlice<UInt8>) -> [Int64] {
        let bytes = Array(extra)
        var position = 0
        while position + 4 <= bytes.count {
            let end = position + 4 + Int(short(bytes, position + 2))
            guard end <= bytes.count else { return [] }
            if short(bytes, position) == 1 {
                let numbers = stride(from: position + 4, through: end - 8, by: 8).map { huge(bytes, $0) }
                return numbers.contains(nil) ? [] : numbers.compactMap { $0 }
            }
            position = end
        }
        return []
    }

    private mutating func read(at offset: Int64, count: Int) throws(TextError) -> [UInt8] {
        guard offset >= 0, offset <= file.size else { throw damaged("byte \(offset) is not in it") }
        file.offset = offset
        var (bytes, piece): ([UInt8], [UInt8]) = ([], [])
        while bytes.count < count {
            try file.read(into: &piece, limit: count - bytes.count)
            guard !piece.isEmpty else { throw damaged("it ends before byte \(offset + Int64(count))") }
            bytes += piece
        }
        return bytes
    }

    private static func short(_ bytes: [UInt8], _ place: Int) -> UInt16 {
        UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8
    }

    private static func long(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        UInt32(short(bytes, place)) | UInt32(short(bytes, place + 2)) << 16
    }

    private static func huge(_ bytes: [UInt8], _ place: Int) -> Int64? {
        Int64(exactly: UInt64(long(bytes, place)) | UInt64(long(bytes, place + 4)) << 32)
    }
}
