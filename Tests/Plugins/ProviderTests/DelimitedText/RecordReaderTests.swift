import DelimitedText
import TestSupport
import Testing

@Suite struct RecordReaderTests {
    @Test(arguments: [1, 2, 3, 7, 64, 1 << 18])
    func splitsAsTheStandardSaysWhateverThePieces(piece: Int) throws {
        let text = "a,b,c\r\n\"x,1\",\"he said \"\"no\"\"\",\"two\r\nlines\"\n\n1,,3\r4,5,6"
        let expected = [
            ["a", "b", "c"], ["x,1", "he said \"no\"", "two\r\nlines"], ["1", "", "3"], ["4", "5", "6"],
        ]
        let rows = try read(text, RecordFormat(pieceBytes: piece))
        #expect(rows.map(\.fields) == expected)
        #expect(rows.map(\.line) == [1, 2, 5, 6])
    }

    @Test(arguments: [
        ("a,b", [["a", "b"]]), ("a,b\n", [["a", "b"]]), ("a,\n", [["a", ""]]), (",", [["", ""]]), ("\n\n\r\n", []),
        ("", []),
        ("\"\"\n", [[""]]), ("a\"b,c\n", [["a\"b", "c"]]), ("\"a\"\"\"", [["a\""]]),
        ("x\u{0}y,\u{0}", [["x\u{0}y", "\u{0}"]]),
        ("\u{FEFF}date,close\n", [["date", "close"]]), ("\u{FEFF}", []), ("a;b", [["a;b"]]),
    ])
    func splits(text: String, expected: [[String]]) throws {
        #expect(try read(text).map(\.fields) == expected)
    }

    /// Whatever the lines, the texts of a column are those that record by record has.
    @Test(
        arguments: [
            "s,d\nA,1\nA,2\nB,1\nA,3\n", "s,d\r\nA,1\r\nB,2\r\nB,3", "s,d\rA,1\rB,2\r",
            "s,d\nA,1\rB,2\nC\r\nAB,1\nA,9\n",
            "s,d\n\"A\",1\nA,\"x\nB,2\"\nC,3\n\n,4\nD\n", "s\nA\nAA\nA\r\n\r\nB", "\u{FEFF}s,d\nA,1\n\"B,2\nC,3\n", "",
            "s,d\n" + String(repeating: "A,1\nAA,2\n", count: 300) + String(repeating: "\"B\",1\n", count: 300) + "C,1",
        ], [3, 64, 1 << 18])
    func textsOfAColumnAreThoseOfItsRecords(text: String, piece: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("rows.csv", Array(text.utf8))
        for column in 0...1 {
            let (whole, single) = (
                RecordReader(path: path), RecordReader(path: path, format: RecordFormat(pieceBytes: piece))
            )
            _ = (try whole.next(), try single.next())
            var expected: Set<String> = []
            while try whole.next() {
                if column < whole.fieldCount { whole.text(column).map { _ = expected.insert($0) } }
            }
            #expect(single.texts(in: column).filter { !$0.isEmpty } == expected.filter { !$0.isEmpty })
        }
    }

    @Test func takesAnotherDelimiter() throws {
        #expect(
            try read("a;b,c;\"d;e\"\n", RecordFormat(delimiter: UInt8(ascii: ";"))).map(\.fields) == [
                ["a", "b,c", "d;e"]
            ])
    }

    @Test func unclosedQuoteCostsItsLineOnly() throws {
        let rows = try read("a,b\n1,\"open\n2,3\n4,5\n")
        #expect(rows.map(\.fault) == [nil, .unclosedQuote, nil, nil])
        #expect(rows.map(\.line) == [1, 2, 3, 4])
        #expect(rows[1].raw == "1,\"open")
        #expect(rows[2].fields == ["2", "3"])
    }

    @Test func textAfterAQuoteCostsItsLineOnly() throws {
        let rows = try read("\"a\"b,c\n1,2\n")
        #expect(rows.map(\.fault) == [.textAfterQuote, nil])
    }

    @Test(arguments: [5, 1_000])
    func lineThatIsTooLongIsSkipped(piece: Int) throws {
        let long = String(repeating: "9", count: 5_000)
        let rows = try read("1,2\n\(long),3\r\n4,5", RecordFormat(maximumRecordBytes: 400, pieceBytes: piece))
        #expect(rows.map(\.fault) == [nil, .tooLong, nil])
        #expect(rows.map(\.line) == [1, 2, 3])
        #expect(rows[1].raw.count == 200)
        #expect(rows[2].fields == ["4", "5"])
    }

    @Test func quoteThatDoesNotCloseInABigFileCostsItsLineOnly() throws {
        let rest = String(repeating: "1,2\n", count: 2_000)
        let rows = try read("\"open,2\n\(rest)", RecordFormat(maximumRecordBytes: 256, pieceBytes: 64))
        #expect(rows.count == 2_001)
        #expect(rows[0].fault == .unclosedQuote)
        #expect(rows.dropFirst().allSatisfy { $0.fields == ["1", "2"] })
    }

    @Test func hugeFieldWithinTheLimitIsRead() throws {
        let big = String(repeating: "x", count: 900_000)
        let rows = try read("a,\"\(big)\"\n1,2\n")
        #expect(rows[0].fields[1].count == 900_000)
        #expect(rows[1].fields == ["1", "2"])
    }

    @Test func copyGoesOnAlone() throws {
        let folder = try TemporaryFolder()
        let text = (0..<500).map { "\($0),x\n" }.joined()
        for bytes in [Array(text.utf8), gzip(Array(text.utf8))] {
            let reader = RecordReader(path: try folder.write("a", bytes), format: RecordFormat(pieceBytes: 32))
            for _ in 0..<100 { _ = try reader.next() }
            let copy = try reader.copy()
            #expect(copy.number(0) == 99)
            while try reader.next() {}
            _ = try copy.next()
            #expect(copy.number(0) == 100)
            #expect(copy.line == 101)
            while try copy.next() {}
            #expect(copy.recordNumber == 500)
        }
    }

    @Test func noticesThatTheFileWasReplaced() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "1,2\n", count: 100)
        let reader = RecordReader(path: try folder.write("a.csv", text), format: RecordFormat(pieceBytes: 16))
        _ = try reader.next()
        try folder.replace("a.csv", text)
        let error = try #require(throws: TextError.self) { while try reader.next() {} }
        #expect(error.code == .changed)
    }

    @Test func saysWhyAFileCannotBeOpened() throws {
        let folder = try TemporaryFolder()
        #expect(try fault("\(folder.path)/none.csv").code == .notFound)
        #expect(try fault(folder.path).code == .unreadable)
    }

    @Test(arguments: [1, 13, 1 << 16])
    func randomBytesNeverCrashOrHang(piece: Int) throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: UInt64(piece))
        let alphabet = Array("\",\n\r1a\u{0}".utf8) + [0xFF, 0x81, 0x30]
        for round in 0..<200 {
            let bytes = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                round.isMultiple(of: 2)
                    ? alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    : .random(in: 0...255, using: &generator)
            }
            let path = try folder.write("random.csv", bytes)
            for encoding in TextEncoding.allCases {
                let format = RecordFormat(encoding: encoding, maximumRecordBytes: 64, pieceBytes: piece)
                let reader = RecordReader(path: path, format: format)
                var records = 0
                while (try? reader.next()) == true { records += 1 }
                #expect(records <= bytes.count)
            }
        }
    }

    private func fault(_ path: String) throws -> TextError {
        try #require(throws: TextError.self) { try RecordReader(path: path).next() }
    }
}

struct Row {
    var fields: [String]
    var line: Int
    var fault: RecordFault?
    var raw: String
}

/// Reads all rows of a text or of bytes.
func read(_ text: String, _ format: RecordFormat = RecordFormat()) throws -> [Row] {
    try read(Array(text.utf8), format)
}

func read(_ bytes: [UInt8], _ format: RecordFormat = RecordFormat()) throws -> [Row] {
    let folder = try TemporaryFolder()
    let reader = RecordReader(path: try folder.write("rows.csv", bytes), format: format)
    var rows: [Row] = []
    try collect(reader, into: &rows)
    return rows
}

func collect(_ reader: RecordReader, into rows: inout [Row]) throws {
    while try reader.next() {
        let fields = (0..<reader.fieldCount).map { reader.text($0) ?? "?" }
        rows.append(Row(fields: fields, line: reader.line, fault: reader.fault, raw: reader.rawText))
    }
}
