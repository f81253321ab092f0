import HostManifest
import Testing

@Suite struct YAMLTreeTests {
    @Test func marksAreBytesLinesAndColumns() throws {
        let manifest = try #require(load(sample).manifest)
        let period = try #require(manifest.settings["indicators"]?["rsi14"]?["period"]?.location)
        let bytes = Array(sample.utf8)
        #expect(String(decoding: bytes[period.start.offset..<period.end.offset], as: UTF8.self) == "14")
        #expect(period.start.line == 16 && period.start.column == 33)
        let close = try #require(manifest.settings["models"]?["next_day"]?["alpha"]?.location)
        #expect(String(decoding: bytes[close.start.offset..<close.end.offset], as: UTF8.self) == "0.5")
    }

    @Test func marksStayRightBehindChineseText() throws {
        let text = manifest(more: "# 注释：说明\nhost: { state: 数据, workers: 99 }")
        let fault = try #require(onlyFault(text))
        #expect(fault.line == 10 && fault.column == 29 && fault.length == 2)
        #expect(
            fault.rendered.hasSuffix(
                "\n    host: { state: 数据, workers: 99 }\n" + String(repeating: " ", count: 34) + "^~"))
    }

    @Test(arguments: [
        ("a: &x 1", "anchor '&x' is set; anchors and aliases are refused by design."),
        ("a: *x", "alias"),
        ("a: !!int 1", "the tag 'tag:yaml.org,2002:int' is set"),
        ("<<: { a: 1 }", "merge keys are refused by design."),
        ("[a]: 1", "a key is a list; allowed a text."),
        ("{a: 1}: 1", "a key is a mapping; allowed a text."),
        ("a: 1\na: 2", "the key 'a' is there twice; the first is at plugins.yaml:1:1."),
        ("a: 1\n---\nb: 2", "a second document starts; allowed one."),
    ])
    func refusesByDesign(_ text: String, _ message: String) {
        let texts = faults(text)
        #expect(texts.contains { $0.contains(message) }, "\(texts)")
    }

    @Test(arguments: [
        ("a:\n\tb: 1", 2, 1, "a tab stands where YAML allows spaces only. Replace it by spaces, two for each level."),
        ("a: @b", 1, 4, "a value starts with '@', which YAML reserves. Put the value in double quotes."),
        ("a: { b: ${env:X} }", 1, 9, "'${' without quotes inside { } or [ ] is read as a mapping."),
        ("a: b: c", 1, 5, "mapping values are not allowed"),
        ("a: [b", 1, 6, "Close the '['"),
        ("a: {b", 1, 6, "Close the '{'"),
        ("a: 'b", 1, 6, "Close the quote."),
        ("a: \"\\q\"", 1, 5, "Use single quotes for text with backslashes."),
        ("a: 1\n b: 2", 2, 3, "A value that holds ': ' needs quotes; a key needs the right indentation."),
        ("a:\n  - 1\n  b: 2", 3, 3, "Indent the line like the items above."),
        ("a: 1\nb", 2, 2, "Write KEY: VALUE"),
        ("a: !x!y 1", 1, 4, "Remove the '!'"),
        ("%FOO\n---\n", 1, 5, "YAML"),
    ])
    func explainsSyntaxFaults(_ text: String, _ line: Int, _ column: Int, _ words: String) throws {
        let found = load(text).faults
        let fault = try #require(found.first, "no fault in \(text)")
        if fault.line == line { #expect(abs(fault.column - column) <= 2, "\(fault.rendered)") }
        #expect(fault.text.contains(words) || words == "YAML", "\(fault.rendered)")
    }

    @Test func syntaxFaultQuotesTheLine() throws {
        let fault = try #require(onlyFault("version: 1\nhost: [a, b}\n"))
        #expect(
            fault.rendered.hasPrefix("plugins.yaml:2:12: error: this is not YAML: did not find expected ',' or ']'"))
        #expect(fault.rendered.hasSuffix("\n    host: [a, b}\n               ^"))
    }

    @Test func limitsDepthNodesAndSize() throws {
        let deep = "x-a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(try #require(onlyFault(deep)).message == "values are nested more than 32 deep.")
        let allowed = "x-a: " + String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        #expect(!faults(allowed).contains { $0.contains("nested") })
        let many = "x-a: [" + String(repeating: "1,", count: 100_001) + "]"
        #expect(try #require(onlyFault(many)).message == "the file has more than 100000 values.")
        let large = "# " + String(repeating: "x", count: 1 << 20)
        #expect(try #require(onlyFault(large)).message.contains("allowed 1 MiB"))
    }

    @Test(
        arguments: [
            ([0x61, 0x3A, 0x20, 0xC4, 0xE3], "byte 0xC4 is not UTF-8", 4), ([0xFF, 0xFE, 0x61, 0x00], "UTF-16", 1),
            ([0xFE, 0xFF, 0x00, 0x61], "UTF-16", 1), ([0x61, 0x3A, 0x20, 0x00], "a control character (0x0)", 4),
            ([0x61, 0x3A, 0x20, 0xE4, 0xBD], "is not UTF-8", 4),
            ([0x61, 0x3A, 0x20, 0xC2, 0x80], "control characters", 4),
        ] as [([UInt8], String, Int)])
    func reportsBytesThatAreNoText(_ bytes: [UInt8], _ words: String, _ column: Int) throws {
        let result = ManifestLoader(plugins: fakePlugins)
            .load(bytes, file: "plugins.yaml", environment: [:], baseDirectory: ".")
        #expect(result.faults.count == 1)
        let fault = try #require(result.faults.first)
        #expect(fault.message.contains(words), "\(fault.message)")
        #expect(fault.line == 1 && fault.column == column)
    }

    @Test(arguments: ["", "\n\n", "# only words\n", "---\n", "~", "\u{FEFF}"])
    func reportsEmptyText(_ text: String) throws {
        let fault = try #require(onlyFault(text))
        #expect(fault.text == "the manifest is empty. `penstock init` makes one.")
    }

    @Test(arguments: ["- a", "just words", "[1, 2]"])
    func reportsRootThatIsNoMapping(_ text: String) throws {
        #expect(try #require(onlyFault(text)).message.contains("allowed a mapping with version, host, instruments"))
    }

    @Test func refusedPartsBringNoFurtherFaults() {
        #expect(faults("version: 1\npipelines: *p\n").count == 2)
        let merged = manifest(indicators: "{ r: { <<: 1, period: 3 } }")
        #expect(faults(merged).count == 1, "\(faults(merged))")
        let alias = manifest(indicators: "{ r: *a, s: { plugin: rsi, period: *b } }")
        #expect(faults(alias).allSatisfy { $0.contains("alias") })
        let host = manifest(more: "host: *h")
        #expect(faults(host).allSatisfy { $0.contains("alias") })
    }
}
