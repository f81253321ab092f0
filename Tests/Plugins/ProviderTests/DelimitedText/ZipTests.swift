import DelimitedText
import TestSupport
import Testing

@Suite struct ZipTests {
    private static let text = (0..<300).map { "2013-03-\($0 % 28 + 1),\($0).25,x\n" }.joined()
    private static let bytes = Array(text.utf8)

    @Test(arguments: [1, 5, 100, 1 << 18], [true, false])
    func memberGivesWhatThePlainFileGives(piece: Int, isDeflated: Bool) throws {
        let archive = zipArchive([("a.csv", Self.bytes)], isDeflated: isDeflated)
        let packed = try read(archive, RecordFormat(pieceBytes: piece))
        #expect(packed.map(\.fields) == (try read(Self.text).map(\.fields)))
    }

    @Test func memberIsToldByItsName() throws {
        let archive = zipArchive([("x/", []), ("x/A.csv", Array("1\n".utf8)), ("x/b.csv", Array("2\n".utf8))])
        for (name, field) in [("x/A.csv", "1"), ("a.csv", "1"), ("B.CSV", "2")] {
            var format = RecordFormat()
            format.member = name
            #expect(try read(archive, format).map(\.fields) == [[field]])
        }
        try expect(archive, .wrongMember, containing: "has 2 members and none is named. It holds 'x/A.csv', 'x/b.csv'.")
        var other = RecordFormat()
        other.member = "c.csv"
        try expect(archive, .wrongMember, containing: "has no member 'c.csv'", other)
        try expect(zipArchive([]), .wrongMember, containing: "It is empty.")
    }

    @Test func whatStandsBesideTheTextIsNoMember() throws {
        let archive = zipArchive([("__MACOSX/._a.csv", [1]), ("a.csv", Self.bytes), ("LICENSE", [2])])
        #expect(try read(archive).count == 300)
    }

    @Test func workbookIsNoText() throws {
        try expect(zipArchive([("[Content_Types].xml", [1])]), .unsupportedFormat, containing: "Excel workbook")
    }

    @Test func everyCutIsTold() throws {
        let whole = zipArchive([("a.csv", Self.bytes)])
        for length in stride(from: 6, to: whole.count, by: 5) {
            try expect(Array(whole.prefix(length)), .truncatedZip, containing: "it is cut")
        }
    }

    @Test func noDamageStopsTheReader() throws {
        let whole = zipArchive([("a.csv", Self.bytes)])
        let expected = try read(Self.text).map(\.fields)
        for place in whole.indices {
            var bytes = whole
            bytes[place] ^= 0x81
            // A changed name or date is no damage; else a fault is told, and rows before it are right.
            let fields = (try? read(bytes).map(\.fields)) ?? expected
            #expect(fields == expected || !bytes.starts(with: [0x50, 0x4B, 3, 4]), "byte \(place)")
        }
    }

    @Test(arguments: [0, 1, 4_000]) func lengthThatTheDirectoryDoesNotSayIsAFault(size: Int) throws {
        try expect(zipArchive([("a.csv", Self.bytes)], size: size), .damagedZip, containing: "length and checksum")
    }

    @Test func zipBombIsRefusedEarly() throws {
        let zeros = [UInt8](repeating: 0x30, count: 100 << 20)
        try expect(zipArchive([("a.csv", zeros)]), .implausibleSize, containing: "250 times its size")
        try expect(gzip(zeros), .implausibleSize, containing: "250 times its size")
    }

    private func expect(
        _ bytes: [UInt8], _ code: TextError.Code, containing text: String, _ format: RecordFormat = RecordFormat()
    ) throws {
        let error = try #require(throws: TextError.self) { try read(bytes, format) }
        #expect(error.code == code, "\(error)")
        #expect(error.description.contains(text), "\(error)")
    }
}
