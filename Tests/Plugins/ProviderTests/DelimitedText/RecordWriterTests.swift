import DelimitedText
import TestSupport
import Testing

@Suite struct RecordWriterTests {
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
        ("cr\r", "\"cr\r\""),
        (" pad", "\" pad\""), ("贵州茅台", "贵州茅台"),
    ])
    func quotesWhereItMust(text: String, expected: String) {
        #expect(written { $0.append(text) } == "\(expected)\n")
    }

    @Test(arguments: [
        (130.31, "130.31"), (9_616_100, "9616100"), (0.1 + 0.2, "0.30000000000000004"), (-0.0, "-0.0"), (.nan, "x,"),
        (1e300, "1e+300"), (.infinity, "inf"),
    ])
    func writesTheShortestNumberThatReadsBack(number: Double, expected: String) {
        let text = written {
            if number.isNaN { $0.append("x") }
            $0.append(number)
        }
        #expect(text == "\(expected)\n")
    }

    @Test func singleEmptyFieldIsNoEmptyLine() {
        #expect(written { $0.append("") } == "\"\"\n")
    }

    @Test func takesWholeRecordsAndGoesOn() {
        var writer = RecordWriter(delimiter: UInt8(ascii: ";"), endsLinesWithCRLF: true)
        writer.append("a")
        writer.append(7)
        writer.endRecord()
        #expect(writer.takeBytes() == Array("a;7\r\n".utf8))
        writer.append("b")
        writer.endRecord()
        #expect(writer.bytes == Array("b\r\n".utf8))
    }

    @Test func readerGivesBackWhatWasWritten() throws {
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array("ab,\"\n\r; 茅")
        let rows = (0..<200).map { _ in
            (0..<3).map { _ in
                String(
                    (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                        alphabet.randomElement(using: &generator) ?? "a"
                    })
            }
        }
        var writer = RecordWriter()
        for row in rows {
            for field in row { writer.append(field) }
            writer.endRecord()
        }
        #expect(try read(writer.bytes).map(\.fields) == rows)
    }

    private func written(_ body: (inout RecordWriter) -> Void) -> String {
        var writer = RecordWriter()
        body(&writer)
        writer.endRecord()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
