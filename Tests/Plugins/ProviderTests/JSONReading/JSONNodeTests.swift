import JSONReading
import PluginKit
import TestSupport
import Testing

struct JSONNodeTests {
    private func read(_ text: String) throws -> JSONNode {
        try JSONNode(Array(text.utf8), JSONSubject("provider/test: the reply"))
    }

    @Test func walksMembersAndElements() throws {
        let node = try read(
            #"{"chart": {"result": [{"meta": {"zone": "Asia/Shanghai", "open": true, "none": null}}]}}"#)
        let meta = node["chart"]["result"][0]["meta"]
        #expect(meta["zone"].text == "Asia/Shanghai")
        #expect(meta["open"].boolean == true)
        #expect(meta["none"].isNull && meta["absent"].isNull && node["chart"][0]["a"][-1].isNull)
    }

    @Test func keepsNumbersExact() throws {
        let node = try read(#"[0.1, 1788377229000123456, -5e-3, "187.1500", "1e2", 123456789012345678901234567890]"#)
        #expect(node[0].number == 0.1)
        #expect(node[1].integer == 1_788_377_229_000_123_456)
        #expect(node[2].number == -0.005)
        #expect(node[3].number == 187.15)
        #expect(node[4].number == 100)
        #expect(node[5].integer == nil && node[5].number == 1.2345678901234568e29)
        #expect(node[5].scalar == "123456789012345678901234567890")
    }

    @Test(arguments: ["NaN", "Infinity", "-Infinity", "1e999", "\"-\"", "\"None\"", "\"0x10\"", "\"\"", "null", "true"])
    func whatIsNoFiniteNumberIsNone(text: String) throws {
        #expect(try read("[\(text)]")[0].number == nil)
    }

    @Test func readsBehindAByteOrderMark() throws {
        #expect(try JSONNode([0xEF, 0xBB, 0xBF] + Array("[1]".utf8), JSONSubject("x"))[0].integer == 1)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "[1] 2", "tru", "\"open", "<html></html>", "callback([1]);",
        "[\"\\u12\"]",
        "+1", "[--1]", "[1 2]",
    ])
    func tellsWhereItIsNoJSON(text: String) async {
        let error = await fault { try read(text) }
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("byte") == true)
    }

    @Test func boundsTheDepth() async {
        let error = await fault { try read(String(repeating: "[", count: 100_000)) }
        #expect(error?.message.contains("64 levels") == true)
    }

    @Test func survivesRandomBytes() async {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                Array("{}[]\":,0123456789.eE+-truefalsn\\u \u{7}".utf8).randomElement(using: &generator) ?? 0
            }
            let error = await fault { try JSONNode(bytes, JSONSubject("x")) }
            #expect(error == nil || error?.code == .malformed)
        }
    }
}
