import EditDistance
import HostManifest
import PluginKit
import Testing

@Suite struct DiagnosticsTests {
    @Test func rendersPlaceMessageHintAndUnderline() throws {
        let text = manifest(indicators: "{ rsi14: { plugin: rsi, period: 1 } }")
        let fault = try #require(onlyFault(text))
        #expect(
            fault.rendered
                == """
                plugins.yaml:5:46: error: indicator/rsi14: 'period' is 1; allowed 2...100000 bars. Set a value in that range.
                    indicators: { rsi14: { plugin: rsi, period: 1 } }
                                                                 ^
                """.replacing("5:46", with: "5:\(fault.column)")
                .replacing(
                    String(repeating: " ", count: 49) + "^", with: String(repeating: " ", count: fault.column + 3) + "^"
                ))
        #expect(fault.column == 45 && fault.length == 1)
    }

    @Test func reportsAllFaultsInTheOrderOfTheFile() {
        let text = manifest(
            providers: "{ history: { plugin: files } }",
            indicators: "{ rsi14: { plugin: rsi, perod: 3 }, x: { plugin: rsx } }",
            sinks: "{ keep: { plugin: sqlite, queue: { capacity: 0, full: park } } }", more: "hots: {}")
        let found = load(text).faults
        #expect(found.map(\.line) == found.map(\.line).sorted())
        #expect(
            found.map(\.text) == [
                "provider/history: 'path' is missing; allowed a path. Set it.",
                "indicator/rsi14: the key 'perod' is unknown. Did you mean 'period'? Known: enabled, on_failure, period, plugin.",
                "indicator/x: no indicator plugin 'rsx'. Did you mean 'rsi'? Known: cross_section, eps, macd, rsi.",
                "sink/keep: 'queue.capacity' is 0; allowed 1...1000000 batches. Set a value in that range.",
                "sink/keep: 'queue.full' is 'park'; allowed block, drop_oldest, drop_newest, spill.",
                "the key 'hots' is unknown. Did you mean 'host'? Known: host, indicators, instruments, models, pipelines, "
                    + "providers, risk, routes, sinks, strategies, version. Keys of your own begin with 'x-'.",
            ])
    }

    @Test func keepsAtMostTwoHundredFaults() throws {
        let keys = (0..<500).map { "k\($0): 1" }.joined(separator: "\n")
        let found = load(manifest(more: keys)).faults
        #expect(found.count == 201)
        #expect(try #require(found.last).text == "300 more of this kind follow. Correct the ones above first.")
    }

    @Test func cutsLongLines() throws {
        let text = manifest(
            more:
                "x-a: \"\(String(repeating: "é", count: 4_000))\"\nhost: { state: \"\(String(repeating: "长", count: 2_000))\", workers: 0 } # \(String(repeating: "y", count: 3_000))"
        )
        let fault = try #require(onlyFault(text))
        #expect(fault.excerpt.hasPrefix("...") && fault.excerpt.hasSuffix("..."))
        #expect(fault.excerpt.unicodeScalars.count < 160)
        #expect(Array(fault.excerpt.unicodeScalars)[fault.excerptColumn] == "0")
    }

    @Test func underlinesPartOfWhatSpansLines() throws {
        let text = manifest(more: "host:\n  log_level: |\n    words\n    words")
        let fault = try #require(onlyFault(text))
        #expect(fault.length == 1 && fault.rendered.hasSuffix("^"))
    }

    @Test func encodesAndComparesFaults() throws {
        let fault = try #require(onlyFault(manifest(more: "host: { workers: x }")))
        #expect(fault == fault && fault.severity == .error && fault.file == "plugins.yaml")
        #expect(fault.hint == "" && fault.text == fault.message)
    }

    @Test func showsFaultWithoutLineOnOneLine() throws {
        let result = ManifestLoader(plugins: fakePlugins).load(path: "/nonexistent/plugins.yaml", environment: [:])
        #expect(
            result.report
                == "/nonexistent/plugins.yaml:1:1: error: the manifest cannot be read: No such file or directory. "
                + "`penstock init` makes one.")
        #expect(result.manifest == nil)
    }

    @Test(arguments: [
        ("abc", 3), ("数据", 4), ("e\u{301}", 1), ("ＡＢ", 4), ("한글", 4), ("🙂", 2), ("é", 1), ("\u{20AC}", 1),
    ])
    func measuresDisplayWidth(_ text: String, _ width: Int) { #expect(DisplayWidth.of(text) == width) }

    @Test(arguments: [
        ("", "", 0), ("abc", "", 3), ("", "ab", 2), ("yaho", "yahoo", 1), ("ab", "ba", 1), ("kitten", "sitting", 3),
        ("ca", "abc", 3), ("same", "same", 0),
    ])
    func countsEdits(_ left: String, _ right: String, _ distance: Int) {
        #expect(EditDistance.between(left, right) == distance)
        #expect(EditDistance.between(right, left) == distance)
    }

    @Test(arguments: [
        ("fast", "fast_period"), ("slow", "slow_period"), ("timeperiod", "period"), ("rsi", "rsi14"), ("da", nil),
        ("window", nil),
    ])
    func suggestsALongerOrShorterName(_ name: String, _ meant: String?) {
        let known = ["fast_period", "slow_period", "signal_period", "period", "rsi14", "data"]
        #expect(Suggestion.nearest(to: name, among: known) == meant)
    }

    @Test func suggestsOnlyWhatIsNear() {
        #expect(Suggestion.nearest(to: "yaho", among: ["akshare", "yahoo"]) == "yahoo")
        #expect(Suggestion.nearest(to: "YAHOO", among: ["yahoo"]) == "yahoo")
        #expect(Suggestion.nearest(to: "something", among: ["yahoo"]) == nil)
        #expect(Suggestion.nearest(to: "x", among: []) == nil)
        #expect(Suggestion.nearest(to: "", among: ["a"]) == nil)
        let many = (10..<40).map { "name\($0)" }
        let hint = Suggestion.hint(for: "nane39", among: many)
        #expect(hint.hasPrefix("Did you mean 'name39'? Known: name10, "))
        #expect(hint.hasSuffix("name39 and 18 more."))
        #expect(Suggestion.hint(for: "a", among: []) == "")
    }

    @Test func neverShowsSecrets() {
        let secret = "hunter2hunter2"
        let texts = [
            manifest(providers: "{ c: { plugin: cloud, api_key: \(secret), extra: 1 } }"),
            manifest(providers: "{ c: { plugin: cloud, api_kye: \(secret) } }"),
            manifest(providers: "{ c: { plugin: clod, api_key: \(secret) } }"),
            manifest(providers: "{ c: { plugin: cloud, api_key: [\(secret)] } }"),
            manifest(providers: "{ c: { plugin: cloud, headers: { a: \(secret) }, x: 1 } }"),
            manifest(providers: "{ c: { plugin: cloud, api_key: 'x', 'api_key' : '\(secret)' } }"),
            "providers: { c: { plugin: cloud, api_key: \(secret), b: [ } }",
            "providers: { c: { password: \"\(secret)\" ] }",
        ]
        for text in texts {
            let result = load(text)
            #expect(!result.faults.isEmpty)
            #expect(!result.report.contains(secret), "\(result.report)")
            #expect(!"\(result)".contains(secret))
        }
    }

    @Test func neverShowsWhatCameFromOutside() throws {
        let text = manifest(indicators: "{ rsi14: { plugin: rsi, period: \"${env:PERIOD}\" } }")
        let fault = try #require(onlyFault(text, environment: ["PERIOD": "hunter2"]))
        #expect(
            fault.message
                == "indicator/rsi14: 'period' from environment variable PERIOD is something else; "
                + "allowed a whole number, 2...100000 bars.")
    }

    @Test func warnsOfSecretsInTheFile() throws {
        let text = manifest(providers: "{ history: { plugin: files, path: data, api_key: hunter2 } }")
        let result = load(text)
        #expect(result.manifest != nil)
        let warning = try #require(result.warnings.first)
        #expect(warning.severity == .warning && warning.excerpt.contains("api_key: *******"))
        #expect(
            warning.text == "provider/history: 'api_key' is a secret and is written in the file. "
                + "Set it to \"${secret:HISTORY_API_KEY}\" and export HISTORY_API_KEY.")
        #expect(result.report.contains(": warning: "))
    }
}
