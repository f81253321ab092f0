import HostManifest
import PluginKit
import TestSupport
import Testing

@Suite struct SectionFaultTests {
    @Test func requiresVersionOne() {
        #expect(
            faults(manifest().replacing("version: 1\n", with: "")) == [
                "'version' is missing; allowed 1. Write version: 1."
            ])
        #expect(
            faults(manifest().replacing("version: 1", with: "version: 2")) == [
                "manifest: 'version' is 2; allowed 1. Set a value in that range."
            ])
    }

    @Test func aJumpMeansNothingWhereAnyPriceIsAccepted() {
        let both = manifest().replacing(
            "from: [history]", with: "from: [history], accept: { prices: any, max_jump: 20 }")
        #expect(
            faults(both).count == 1 && faults(both)[0].contains("'accept.max_jump' means nothing beside"),
            "\(faults(both))")
        let one = manifest().replacing("from: [history]", with: "from: [history], accept: { prices: any }")
        #expect(faults(one).isEmpty)
    }

    @Test func aVenueOfARouteMustBeOneOfTheManifest() {
        func route(_ rest: String) -> String {
            manifest().replacing("from: [history]", with: "from: [history], \(rest)")
        }
        #expect(faults(route("venues: { US: { accept: { max_jump: 3, max_move: 20 }, gap: { trade: 5m } } }")).isEmpty)
        let other = faults(route("venues: { XSHG: { accept: { max_jump: 3 } } }"))
        #expect(
            other.count == 1
                && other[0].contains("'venues' has 'XSHG', and no instrument of the manifest trades there."),
            "\(other)")
        #expect(other.first?.contains("Name one of US, or remove it.") == true, "\(other)")
        let both = faults(route("accept: { prices: any }, venues: { US: { accept: { max_jump: 3 } } }"))
        #expect(both.count == 1 && both[0].contains("'venues.US.accept.max_jump' means nothing beside"), "\(both)")
        let unknown = faults(route("venues: { US: { accept: { max_age: 1d } } }"))
        #expect(unknown.count == 1 && unknown[0].contains("'venues.US.accept.max_age' is unknown"), "\(unknown)")
        let range = faults(route("venues: { US: { accept: { max_jump: 1 } } }"))
        #expect(range.count == 1 && range[0].contains("allowed 1.01"), "\(range)")
    }

    @Test func requiresAPipeline() {
        let words = "no pipeline is declared, so nothing would run."
        #expect(faults("version: 1")[0].hasPrefix(words))
        #expect(faults(manifest(pipelines: "")).contains { $0.hasPrefix(words) })
    }

    @Test(arguments: [
        ("[us]", "instruments: it is a list; allowed a mapping. Write { us: [AAPL, IBM] }."),
        ("words", "instruments: it is a text; allowed a mapping."),
        ("{ us: AAPL }", "instruments/us: 'us' is 'AAPL'; allowed a list"),
        ("{ us: [] }", "instruments/us: 'us' has 0 values; allowed 1...100000."),
        (
            "{ us: [AAPL, aapl] }",
            "instruments/us: 'aapl' is there twice (AAPL.US); the first is at plugins.yaml:2:21. Remove one of them."
        ),
        ("{ us: ['600519', sh600519] }", "instruments/us: 'sh600519' is there twice (600519.SH)"),
        ("{ us: ['a b'] }", "instruments/us: 'a b' is no symbol; allowed CODE.VENUE"),
        ("{ us: [700] }", "instruments/us: '700' is no symbol"),
        ("{ us: { venue: XX, symbols: [A, A.XX] } }", "instruments/us: 'A.XX' is there twice (A.XX)"),
        ("{ us: { venu: XX, symbols: [A] } }", "instruments/us: the key 'venu' is unknown. Did you mean 'venue'?"),
        ("{ us: { symbols: [A] } }", "instruments/us: 'venue' is missing"),
        (
            "{ US: [AAPL], us: [A] }",
            "instruments: the id 'US' is not allowed; allowed a-z, 0-9 and _, a letter first, at most 64. Write us."
        ),
    ])
    func checksInstruments(_ instruments: String, _ words: String) {
        let texts = faults(manifest(instruments: instruments))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test(arguments: [
        (
            "{ Rsi-14: { plugin: rsi } }",
            "indicators: the id 'Rsi-14' is not allowed; allowed a-z, 0-9 and _, a letter first, at most 64. Write rsi_14."
        ),
        ("{ 14rsi: { plugin: rsi } }", "Choose another id."), ("{ '': { plugin: rsi } }", "the id '' is not allowed"),
        (
            "{ a: rsi }",
            "indicator/a: it is a text; allowed a mapping. Write { plugin: NAME }. Known: cross_section, eps, macd, rsi."
        ),
        ("{ a: }", "indicator/a: it has no value; allowed a mapping."),
        ("{ a: [rsi] }", "indicator/a: it is a list"),
        ("{ a: {} }", "indicator/a: 'plugin' is missing; allowed a text. Set it."),
        ("{ rsi14: {} }", "indicator/rsi14: 'plugin' is missing; allowed a text. Write plugin: rsi."),
        ("{ a: { period: 3 } }", "indicator/a: 'plugin' is missing"),
        ("{ a: { plugin: } }", "indicator/a: 'plugin' has no value"),
        ("{ a: { plugin: [rsi] } }", "indicator/a: 'plugin' is a list"),
        (
            "{ a: { plugin: ridge } }",
            "indicator/a: the plugin 'ridge' is of the kind model, not indicator. Move the instance under 'models', or choose: Known: cross_section, eps, macd, rsi."
        ),
        ("{ a: { plugin: zzzzzzzz, enabled: maybe } }", "'enabled' is 'maybe'"),
        ("{ a: { plugin: macd, fast: 30, slow: 20 } }", "indicator/a: 'fast' is 30; allowed less than 'slow' (20)."),
        ("{ a: { plugin: macd, fast: 30 } }", "indicator/a: 'fast' is 30; allowed less than 'slow' (26)."),
    ])
    func checksInstances(_ indicators: String, _ words: String) {
        let texts = faults(manifest(indicators: indicators))
        #expect(texts.count <= 2 && texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test func pluginFaultPointsAtItsOption() throws {
        let fault = try #require(onlyFault(manifest(indicators: "{ a: { plugin: macd, slow: 20, fast: 30 } }")))
        #expect(fault.line == 5 && fault.length == 2 && Array(fault.excerpt.unicodeScalars)[fault.excerptColumn] == "3")
        let byDefault = try #require(onlyFault(manifest(indicators: "{ a: { plugin: macd, slow: 5 } }")))
        #expect(byDefault.length == 1 && byDefault.column == 15)
    }

    @Test func disabledInstanceIsCheckedButNotValidated() {
        #expect(faults(manifest(indicators: "{ a: { plugin: macd, fast: 30, slow: 20, enabled: false } }")) == [])
        #expect(faults(manifest(indicators: "{ a: { plugin: macd, fast: 0, enabled: false } }")).count == 1)
    }

    @Test(arguments: [
        ("records: [bars]", "'records[0]' is 'bars'; allowed predictions, alerts."),
        ("records: []", "'records' has 0 values; allowed 1...2."),
        ("records: predictions", "Write [predictions]"),
        ("queue: { full: drop }", "'queue.full' is 'drop'; allowed block, drop_oldest, drop_newest, spill."),
        ("queue: block", "'queue' is 'block'; allowed a mapping with capacity, full, spill_bytes."),
    ])
    func checksSinks(_ option: String, _ words: String) {
        let texts = faults(manifest(sinks: "{ s: { plugin: console, \(option) } }"))
        #expect(texts.count == 1 && texts[0].contains("sink/s: ") && texts[0].contains(words), "\(texts)")
    }

    @Test func narrowsRecordsOfASink() throws {
        let result = load(manifest(sinks: "{ s: { plugin: console, records: [alerts], queue: { capacity: 7 } } }"))
        let sink = try #require(result.manifest).sinks[0]
        #expect(
            sink.records == [.alerts] && sink.queue == QueueDeclaration(capacity: 7, full: .block, spillBytes: 1 << 30))
    }

    @Test func limitsEntriesOfASection() {
        let entries = (0...2_000).map { "a\($0): { plugin: rsi }" }.joined(separator: ", ")
        #expect(
            faults(manifest(indicators: "{ \(entries) }")) == [
                "indicators: it has 2001 entries; allowed 2000. Split the manifest in two."
            ])
    }

    @Test func keysOfTheUserMeanNothing() {
        let text = manifest(sinks: "{}").replacing("sinks: {}", with: "x-sinks: { keep: 1 }")
        #expect(faults(text).isEmpty)
    }

    @Test func allowsKeysOfTheUser() {
        #expect(faults(manifest(more: "x-anything: [1, 2]\nx-: {}")) == [])
    }

    @Test func reportsFaultyPlugins() {
        struct Greedy: FakeIndicator {
            static let descriptor = PluginDescriptor(
                kind: .indicator, name: "rsi", summary: "Takes the host's key.",
                schema: ConfigurationSchema([.boolean("enabled", default: true, "Taken.")]))
        }
        let loader = ManifestLoader(plugins: fakePlugins + [.indicator(Greedy.self)])
        let texts = loader.load(text: manifest()).faults.map(\.text)
        #expect(
            texts == [
                "indicator/rsi: the plugin is registered twice. Correct the plugin.",
                "indicator/rsi: its option 'enabled' is declared twice or is a key of the host. Correct the plugin.",
            ])
    }

    @Test func loadsAFile() throws {
        let folder = try TemporaryFolder()
        try folder.write(sample, to: "plugins.yaml")
        let loader = ManifestLoader(plugins: fakePlugins)
        let manifest = try #require(loader.load(path: "\(folder.path)/plugins.yaml", environment: [:]).manifest)
        #expect(manifest.baseDirectory == folder.path)
        #expect(
            loader.load(path: folder.path, environment: [:]).faults[0].text.contains(
                "it is no regular file. Check the path"))
        #expect(loader.load(path: "plugins-that-are-not-there.yaml", environment: [:]).faults.count == 1)
        try folder.write(String(repeating: "x", count: 1 << 21), to: "large.yaml")
        #expect(
            loader.load(path: "\(folder.path)/large.yaml", environment: [:]).faults[0].text.contains("allowed 1048576"))
    }

    @Test(arguments: [
        ("indicators:", "indicator:"), ("pipelines:", "pipline:"), ("instruments:", "instrument:"),
        ("providers:", "provider:"), ("host:", "hst:"), ("version:", "verison:"),
    ]) func aMisspeltSectionIsOneFault(_ key: String, _ written: String) throws {
        let text = sample.replacing("\n\(key)", with: "\n\(written)")
        let fault = try #require(onlyFault(text, environment: ["VANTAGE_KEY": "a"]))
        #expect(fault.text.contains("Did you mean '\(key.dropLast())'?"))
    }

    @Test(arguments: [
        "{ rsi14: { plugn: rsi } }", "{ rsi14: { plugin: rsi, perod: 14 } }",
    ]) func aMisspeltKeyOfAnInstanceIsOneFault(_ indicators: String) {
        #expect(onlyFault(manifest(indicators: indicators))?.text.contains("Did you mean") == true)
    }

    @Test func twoKeysThatMayMeanOneAreBothUnknownOnly() {
        let found = faults(manifest(indicators: "{ rsi14: { plugin: rsi, perod: 14, peroid: 15 } }"))
        #expect(found.count == 2 && found.allSatisfy { $0.contains("Did you mean 'period'?") })
    }
}
