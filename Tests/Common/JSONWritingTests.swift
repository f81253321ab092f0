import Foundation
import JSONWriting
import Testing

@Suite struct JSONWritingTests {
    @Test func instantsAreWrittenInUTC() {
        var json = JSONText()
        json.array { json in
            json.value(time: 1_364_500_800_000_000_000)
            json.value(time: 1_364_500_800_500_000_000)
        }
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"["2013-03-28T20:00:00Z","2013-03-28T20:00:00.5Z"]"#)
    }

    @Test func jsonSeparatesAndEscapes() {
        var json = JSONText()
        json.object { json in
            json.field("a", "\"\\\n\u{1}é")
            json.field("b", [String]())
            json.field("c", ["x", "y"])
            json.key("d")
            json.array { json in
                json.object { $0.field("e", 1) }
                json.object { _ in }
                json.null()
                json.value(true)
            }
            json.field("f", ["k": 2, "a": 1])
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"a":"\"\\\n\u0001é","b":[],"c":["x","y"],"d":[{"e":1},{},null,true],"f":{"a":1,"k":2}}"#)
    }

    @Test(arguments: [
        (0.1, "0.1"), (10, "10.0"), (-0.0, "-0.0"), (-12.5, "-12.5"), (1e16, "1e+16"),
        (123_456_789_012, "123456789012.0"),
        (Double.nan, "null"), (Double.infinity, "null"), (Double.leastNonzeroMagnitude, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
    ])
    func numbersReadBackTheSame(number: Double, text: String) {
        var json = JSONText()
        json.value(number)
        #expect(String(decoding: json.bytes, as: UTF8.self) == text)
    }

    @Test func escapesWhatJSONForbids() throws {
        let text = "a\"b\\c\u{08}\u{0C}\n\r\t\u{01}\u{1F}\u{7F}\u{85}é中😀/"
        var bytes: [UInt8] = []
        JSONBytes.append(text, to: &bytes)
        #expect(try JSONDecoder().decode(String.self, from: Data(bytes)) == text)
        #expect(String(decoding: bytes, as: UTF8.self).contains("\\u0001\\u001f"))
    }

    @Test(
        arguments: [
            0.1, -0.0, 1, 1e21, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 430.47, 1 / 3, 123_456_789_012, -1e-7,
        ] as [Double]) func writesNumbersThatReadBackTheSame(number: Double) throws
    {
        var bytes: [UInt8] = []
        JSONBytes.append(number, to: &bytes)
        #expect(try JSONDecoder().decode(Double.self, from: Data(bytes)).bitPattern == number.bitPattern)
    }
}
