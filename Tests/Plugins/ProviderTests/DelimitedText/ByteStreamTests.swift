import DelimitedText
import TestSupport
import Testing

@Suite struct ByteStreamTests {
    private static let text = (0..<300).map { "2013-03-\($0 % 28 + 1),\($0).25,x\n" }.joined()

    @Test(arguments: [1, 5, 100, 1 << 18])
    func gzipGivesWhatThePlainFileGives(piece: Int) throws {
        let plain = try read(Self.text)
        let packed = try read(gzip(Array(Self.text.utf8)), RecordFormat(pieceBytes: piece))
        #expect(packed.map(\.fields) == plain.map(\.fields))
    }

    @Test(arguments: [1, 9, 1 << 18])
    func gzipMembersFollowEachOther(piece: Int) throws {
        let parts = ["a,b\n1,", "2\n", "", "3,4\n"].map { gzip(Array($0.utf8)) }
        let rows = try read(parts.flatMap { $0 } + [0, 0, 0], RecordFormat(pieceBytes: piece))
        #expect(rows.map(\.fields) == [["a", "b"], ["1", "2"], ["3", "4"]])
    }

    @Test func inflatesFarMoreThanAPiece() throws {
        let zeros = String(repeating: "0,0\n", count: 400_000)
        #expect(try read(gzip(Array(zeros.utf8)), RecordFormat(pieceBytes: 4_096)).count == 400_000)
    }

    @Test func cutGzipGivesEveryWholeRecordThenItsPlace() throws {
        let folder = try TemporaryFolder()
        let whole = gzip(Array(Self.text.utf8))
        let expected = try read(Self.text).map(\.fields)
        for length in stride(from: 3, to: whole.count, by: 7) {
            let path = try folder.write("cut.csv.gz", Array(whole.prefix(length)))
            let reader = RecordReader(path: path, format: RecordFormat(pieceBytes: 64))
            var rows: [Row] = []
            let error = try #require(throws: TextError.self) { try collect(reader, into: &rows) }
            #expect(error.code == .truncatedGzip)
            #expect(error.byteOffset == Int64(length))
            #expect(rows.map(\.fields) == Array(expected.prefix(rows.count)))
            #expect(try !reader.next())
        }
    }

    @Test func damagedGzipIsToldFromACutOne() throws {
        let folder = try TemporaryFolder()
        var bytes = gzip(Array(Self.text.utf8))
        bytes[bytes.count - 6] ^= 0xFF
        let reader = RecordReader(path: try folder.write("bad.csv.gz", bytes))
        var rows: [Row] = []
        let error = try #require(throws: TextError.self) { try collect(reader, into: &rows) }
        #expect(error.code == .damagedGzip)
        #expect(rows.count == 300)
    }

    @Test func bytesAfterTheLastMemberAreAFault() throws {
        let folder = try TemporaryFolder()
        let reader = RecordReader(path: try folder.write("a.gz", gzip(Array("1,2\n".utf8)) + Array("rubbish".utf8)))
        #expect(try reader.next())
        let error = try #require(throws: TextError.self) { try reader.next() }
        #expect(error.code == .damagedGzip)
    }

    @Test(
        arguments: [
            ([0x50, 0x4B, 0x03, 0x04, 1, 2, 3, 4], TextError.Code.truncatedZip),
            ([0xFF, 0xFE, 0x31, 0x00, 0x2C, 0x00], .wrongEncoding),
            ([0xFE, 0xFF, 0x00, 0x31, 0x00, 0x2C], .wrongEncoding),
            ([0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0], .unsupportedFormat),
        ] as [([UInt8], TextError.Code)])
    func refusesWhatIsNoText(bytes: [UInt8], code: TextError.Code) throws {
        let error = try #require(throws: TextError.self) { try read(bytes) }
        #expect(error.code == code)
    }

    @Test(arguments: [1, 2, 3, 50, 1 << 18])
    func readsGB18030(piece: Int) throws {
        let text = "日期,名称,收盘\n2013-03-01,贵州茅台,180.5\n2013-03-04,𠀀€,181\n"
        let rows = try read(gb18030(text), RecordFormat(encoding: .gb18030, pieceBytes: piece))
        #expect(
            rows.map(\.fields) == [["日期", "名称", "收盘"], ["2013-03-01", "贵州茅台", "180.5"], ["2013-03-04", "𠀀€", "181"]])
        #expect(rows.allSatisfy { $0.fault == nil })
    }

    @Test(arguments: [1, 4, 1 << 18])
    func bytesThatAreNoGB18030MarkTheirLineOnly(piece: Int) throws {
        let bytes = gb18030("名称,收盘\n茅台,1\n") + [0xFF, 0x80] + Array(",2\n".utf8) + gb18030("五粮液,3\n平安") + [0xB0]
        let rows = try read(bytes, RecordFormat(encoding: .gb18030, pieceBytes: piece))
        #expect(rows.map(\.fault) == [nil, nil, .damagedText, nil, .damagedText])
        #expect(rows.map(\.line) == [1, 2, 3, 4, 5])
        #expect(rows[3].fields == ["五粮液", "3"])
    }

    @Test func utf8WithAMarkIsNotReadAsGB18030() throws {
        let error = try #require(throws: TextError.self) { try read("\u{FEFF}日期\n", RecordFormat(encoding: .gb18030)) }
        #expect(error.code == .wrongEncoding)
        #expect(error.description.contains("utf-8"))
    }

    @Test func gzippedGB18030WithManyCharactersPerPiece() throws {
        let text = (0..<20_000).map { "第\($0)行,成交量\n" }.joined()
        let rows = try read(gzip(gb18030(text)), RecordFormat(encoding: .gb18030, pieceBytes: 3_001))
        #expect(rows.count == 20_000)
        #expect(rows[19_999].fields == ["第19999行", "成交量"])
    }
}
