import HostManifest
import PluginKit
import PredictionTargets
import Testing

@Suite struct CoercionTests {
    /// Loads a model whose options are the text.
    private func model(_ options: String) -> ManifestResult {
        load(manifest(models: "{ m: { plugin: ridge, target: { return: 1 }, \(options) } }"))
    }

    @Test(arguments: [
        ("ticker: 000001", "ticker", "000001"), ("ticker: ON", "ticker", "ON"), ("ticker: NO", "ticker", "NO"),
        ("ticker: 1e5", "ticker", "1e5"), ("ticker: \"0x10\"", "ticker", "0x10"), ("ticker: null", "ticker", "null"),
        ("ticker: true", "ticker", "true"), ("note: 1_000", "note", "1_000"), ("note: ''", "note", ""),
        ("note: '~'", "note", "~"), ("note: 2013-01-01", "note", "2013-01-01"),
    ])
    func keepsTextAsWritten(_ option: String, _ name: String, _ text: String) throws {
        let manifest = try #require(model(option).manifest)
        #expect(try manifest.models[0].instance.configuration.text(name) == text)
    }

    @Test(
        arguments: [
            ("alpha: 0.5", "alpha", .number(0.5)), ("alpha: '1e3'", "alpha", .number(1_000)),
            ("alpha: 10_000", "alpha", .number(10_000)), ("holdout: 0.05", "holdout", .number(0.05)),
            ("intercept: false", "intercept", .boolean(false)), ("intercept: \"true\"", "intercept", .boolean(true)),
            ("solver: qr", "solver", .text("qr")), ("threads: +4", "threads", .integer(4)),
            ("seed: 1_000_000", "seed", .integer(1_000_000)),
            ("alpha:", "alpha", .number(1)), ("alpha: ~", "alpha", .number(1)),
        ] as [(String, String, ConfigurationValue)])
    func readsDeclaredTypes(_ option: String, _ name: String, _ value: ConfigurationValue) throws {
        let result = model(option)
        let manifest = try #require(result.manifest, "\(result.report)")
        #expect(manifest.models[0].instance.setting[name]?.value == value)
    }

    @Test(arguments: [
        ("alpha: -1", "'alpha' is -1; allowed 0 or more. Set a value in that range."),
        ("alpha: nan", "'alpha' is 'nan'; allowed a number, 0 or more."),
        ("alpha: 0x10", "'alpha' is '0x10'; allowed a number"),
        ("alpha: 1e999", "'alpha' is '1e999'; allowed a number"),
        ("alpha: null", "'alpha' is 'null'; allowed a number"), ("alpha: _1", "'alpha' is '_1'"),
        ("holdout: 5%", "'holdout' is '5%'; allowed a fraction, 0...0.5. Write 0.05."),
        ("holdout: x%", "'holdout' is 'x%'; allowed a fraction, 0...0.5."),
        ("holdout: x", "allowed a fraction, 0...0.5."),
        ("holdout: 20", "'holdout' is 20; allowed a fraction, 0...0.5. For 20 % write 0.2."),
        ("holdout: -1", "Set a value in that range."),
        ("intercept: yes", "'intercept' is 'yes'; allowed true or false. Write true."),
        ("intercept: OFF", "allowed true or false. Write false."), ("intercept: maybe", "allowed true or false."),
        ("solver: qx", "'solver' is 'qx'; allowed cholesky, qr. Did you mean 'qr'?"),
        ("solver: ''", "allowed cholesky, qr."),
        ("threads: 1e1", "'threads' is '1e1'; allowed a whole number, 1...64. Write 10."),
        ("threads: 0x10", "allowed a whole number, 1...64. Write 16."), ("threads: 4.0", "Write 4."),
        ("threads: 4.5", "'threads' is '4.5'; allowed a whole number, 1...64."),
        ("threads: 65", "'threads' is 65; allowed 1...64."),
        ("threads: 1__0", "'threads' is '1__0'"),
        ("threads: 99999999999999999999", "allowed 1...64. Set a value in that range."),
        ("threads: [1]", "'threads' is a list; allowed 1...64. Write one value."),
        ("threads: { a: 1 }", "'threads' is a mapping; allowed 1...64. Write one value."),
        ("ticker: ''", "'ticker' is ''; allowed a symbol (600519.SH, AAPL). Write a value."),
        (
            "validation: 3",
            "'validation' is '3'; allowed a mapping with kind, folds, tested, window, embargo, min_train, holdout. Write { KEY: VALUE }."
        ),
        (
            "validation: [3]",
            "'validation' is a list; allowed a mapping with kind, folds, tested, window, embargo, min_train, holdout."
        ),
        (
            "validation: { window: 100 }",
            "'validation.window' is for the kind rolling, and this is walk_forward. Remove it, or write kind: rolling."
        ),
        ("validation: { kind: rolling }", "'validation.window' is missing"),
        ("validation: { kind: rolling, window: 5 }", "'validation.window' is 5; allowed 20...1000000 bars"),
        ("validation: { kind: rolling, window: 50, tested: 2 }", "'validation.tested' is for the kind combinatorial"),
        ("validation: { kind: kfold }", "'validation.kind' is 'kfold'; allowed walk_forward, rolling, purged_kfold"),
        ("validation: { kind: combinatorial, folds: 3, tested: 3 }", "fewer tested than there are"),
        ("validation: { kind: combinatorial, folds: 12, tested: 6 }", "make 924 fits; allowed 1...200"),
        ("validation: { fold: 3 }", "the key 'validation.fold' is unknown. Did you mean 'folds'?"),
        (
            "features: rsi14",
            "'features' is 'rsi14'; allowed all, or a list of indicator ids and outputs (macd.signal). Write all, or [rsi14]."
        ),
        ("seed: -1", "'seed' is -1; allowed 0 or more."),
    ])
    func refusesWithReasonAndRemedy(_ option: String, _ words: String) {
        let texts = model(option).faults.map(\.text)
        #expect(texts.count == 1, "\(texts)")
        #expect(texts.first?.contains("model/m: \(words)") == true || texts.first?.contains(words) == true, "\(texts)")
    }

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("1m", .seconds(60)), ("1_000ms", .seconds(1)),
    ])
    func readsDurations(_ text: String, _ duration: Duration) throws {
        let result = load(manifest(providers: "{ history: { plugin: files, path: d, timeout: \(text) } }"))
        let manifest = try #require(result.manifest, "\(result.report)")
        #expect(try manifest.providers[0].instance.configuration.duration("timeout") == duration)
    }

    @Test(arguments: [
        (
            "10",
            "is '10'; allowed a whole number and a unit: 250ms, 10s, 5m, 1h, 3d, 1w, 3y (100ms...1m). Write the unit: 10s, 10m."
        ),
        ("1.5s", "is '1.5s'; allowed a whole number and a unit"),
        ("1h", "is 1h; allowed 100ms...1m. Set a value in that range."),
        ("-1s", "is '-1s'"), ("5 s", "is '5 s'"), ("s", "is 's'"), ("99999999999999999w", "is '99999999999999999w'"),
    ])
    func refusesDurations(_ text: String, _ words: String) {
        let texts = faults(manifest(providers: "{ history: { plugin: files, path: d, timeout: \(text) } }"))
        #expect(texts.count == 1 && texts[0].contains("provider/history: 'timeout' \(words)"), "\(texts)")
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.milliseconds(1_500), "1500ms"), (.seconds(90), "90s"), (.seconds(3_600), "1h"),
        (.seconds(604_800), "7d"), (.microseconds(1_500), "1.5ms"),
    ])
    func writesDurations(_ duration: Duration, _ text: String) { #expect(DurationText.text(duration) == text) }

    @Test func readsListsRecordsAndMaps() throws {
        let text = manifest(
            providers:
                "{ history: { plugin: files, path: d, only: [A, B], columns: { date: day }, rename: { 'a b': c } } }")
        let configuration = try #require(load(text).manifest).providers[0].instance.configuration
        #expect(try configuration.texts("only") == ["A", "B"])
        #expect(try configuration.nested("columns").values == ["date": .text("day"), "close": .text("close")])
        #expect(try configuration.nested("rename").text("a b") == "c")
    }

    @Test(arguments: [
        (
            "only: AAPL",
            "'only' is 'AAPL'; allowed a list of 0...5 values, each a symbol (600519.SH, AAPL). Write [AAPL] or one '- item' a line."
        ),
        ("only: [A, B, C, D, E, F]", "'only' has 6 values; allowed 0...5."), ("only: { a: b }", "'only' is a mapping"),
        ("only: [[A]]", "'only[0]' is a list"), ("only: [A, '']", "'only[1]' is empty."),
        ("rename: x", "'rename' is 'x'; allowed a mapping of names to values, each a text. Write { KEY: VALUE }."),
        ("rename: { a: [b] }", "'rename.a' is a list; allowed a text."),
        ("columns: { date: { a: b } }", "'columns.date' is a mapping; allowed a text."),
        ("path: ''", "'path' is empty. Set it."), ("path:", "'path' has no value; allowed a path. Set it."),
        ("on_failure: ignor", "'on_failure' is 'ignor'; allowed error, retry, ignore. Did you mean 'ignore'?"),
        ("enabled: no", "'enabled' is 'no'; allowed true or false. Write false."),
    ])
    func refusesListsRecordsAndMaps(_ option: String, _ words: String) {
        let path = option.hasPrefix("path") ? "" : "path: d, "
        let texts = faults(manifest(providers: "{ history: { plugin: files, \(path)\(option) } }"))
        #expect(texts.count == 1 && texts[0].contains("provider/history: \(words)"), "\(texts)")
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8_080), ("localhost:0", "localhost", 0), ("[::1]:65535", "::1", 65_535),
        ("my-host.example:80", "my-host.example", 80),
    ])
    func readsAddresses(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "host", ":80", "host:", "host:65536", "host:-1", "ho st:80", "::1:80", "[]:80", "[x:y]:1", "host:123456",
    ])
    func refusesAddresses(_ text: String) {
        #expect(ListenAddress(text) == nil)
        let found = faults(manifest(more: "host: { listen: '\(text)' }"))
        #expect(found.count == 1 && found[0].contains("host: 'listen' is"), "\(found)")
    }

    @Test func helpsWithBarePort() {
        #expect(faults(manifest(more: "host: { listen: 8080 }"))[0].hasSuffix("Write 127.0.0.1:8080."))
    }

    @Test(arguments: ["0.0.0.0:8080", "[::]:8080", "example.com:80", "192.168.1.2:0", "127.0.0:80", "128.0.0.1:80"])
    func addressBeyondThisMachineIsAFaultWithItsPlace(text: String) {
        let found = faults(manifest(more: "host: { listen: '\(text)' }"))
        #expect(found.count == 1 && found[0].contains("'listen' is '\(text)', beyond this machine"), "\(found)")
    }

    @Test(arguments: ["127.0.0.1:0", "127.255.0.9:1", "[::1]:8080", "localhost:80"])
    func addressOfThisMachineIsTaken(text: String) {
        #expect(faults(manifest(more: "host: { listen: '\(text)' }")).isEmpty)
    }

    @Test(arguments: [("1 bar", 1), ("5 bars", 5), ("5", 5), ("  10_000   bars ", 10_000)])
    func readsBars(_ text: String, _ bars: Int) throws {
        let result = load(manifest(models: "{ m: { plugin: ridge, target: { return: '\(text)' } } }"))
        #expect(
            try #require(result.manifest, "\(result.report)").models[0].target == Target(.relativeReturn, bars: bars))
    }

    @Test(arguments: [
        ("{ return: 0 }", "'target.return' is 0; allowed 1...10000 bars."),
        ("{ volatility: 1 bar }", "'target.volatility' is 1 bar; allowed 2...10000 bars."),
        ("{ return: 5 days }", "'target.return' is '5 days'; allowed 1...10000 bars. Write \"5 bars\"."),
        (
            "{ return: }",
            "'target' names none; allowed one of direction, excess_return, net_return, rank, return, triple_barrier, volatility."
        ),
        ("{ net_return: { cost: 0.01 } }", "'target.net_return.bars' is missing"),
        ("{ triple_barrier: { bars: 5, stop: 0 } }", "'target.triple_barrier.stop' is 0; allowed"),
        ("{}", "'target' names none"), ("{ return: 1, volatility: 2 }", "'target' names more than one"),
        ("{ retrun: 1 }", "the key 'target.retrun' is unknown. Did you mean 'return'?"),
        ("return", "'target' is 'return'; allowed a mapping with direction, excess_return,"),
    ])
    func refusesTargets(_ target: String, _ words: String) {
        let texts = faults(manifest(models: "{ m: { plugin: ridge, target: \(target) } }"))
        #expect(texts.first?.contains("model/m: \(words)") == true, "\(texts)")
    }

    @Test(arguments: [
        ("{ direction: 3 bars }", Target(.direction, bars: 3)),
        ("{ excess_return: 5 }", Target(.excessReturn, bars: 5)), ("{ rank: 2 bars }", Target(.rank, bars: 2)),
        ("{ net_return: { bars: 5 bars, cost: 0.002 } }", Target(.netReturn, bars: 5, ratios: [0.002])),
        ("{ triple_barrier: { bars: 10, stop: 0.03 } }", Target(.tripleBarrier, bars: 10, ratios: [0.02, 0.03])),
    ])
    func readsTargetsOfEveryKind(_ text: String, _ target: Target) throws {
        let result = load(manifest(models: "{ m: { plugin: ridge, target: \(text) } }"))
        #expect(try #require(result.manifest, "\(result.report)").models[0].target == target)
    }

    @Test(arguments: [
        ("{}", ValidationScheme(folds: 5, embargo: 5, minTrain: 250)),
        (
            "{ kind: rolling, window: 500 bars, folds: 8 }",
            ValidationScheme(.rolling, folds: 8, window: 500, embargo: 5, minTrain: 250)
        ),
        ("{ kind: purged_kfold, embargo: 0 }", ValidationScheme(.purgedKFold, folds: 5, embargo: 0, minTrain: 250)),
        (
            "{ kind: combinatorial, folds: 6, min_train: 50 }",
            ValidationScheme(.combinatorial, folds: 6, tested: 2, embargo: 5, minTrain: 50)
        ),
    ])
    func readsValidationsOfEveryKind(_ text: String, _ scheme: ValidationScheme) throws {
        let result = load(manifest(models: "{ m: { plugin: ridge, target: { return: 1 }, validation: \(text) } }"))
        #expect(try #require(result.manifest, "\(result.report)").models[0].validation == scheme)
    }

    @Test func readsHowMuchRowsCount() throws {
        for (text, weighting) in [
            ("{ half_life: 250 bars }", RowWeighting(halfLife: 250, isByUniqueness: false)),
            ("{ half_life: 60, uniqueness: true }", RowWeighting(halfLife: 60, isByUniqueness: true)),
        ] {
            let result = load(manifest(models: "{ m: { plugin: ridge, target: { return: 1 }, weights: \(text) } }"))
            #expect(try #require(result.manifest, "\(result.report)").models[0].weighting == weighting)
        }
    }

    @Test(arguments: [
        ("ridge, weights: {}", "'weights' names neither 'half_life' nor 'uniqueness'"),
        ("ridge, weights: { half_life: 0 }", "'weights.half_life' is 0; allowed 1...1000000 bars"),
        (
            "ensemble, members: [], weights: { uniqueness: true }",
            "'weights' is given, and to its plugin ensemble all rows count alike"
        ),
    ]) func refusesWeights(plugin: String, words: String) {
        let texts = faults(manifest(models: "{ m: { plugin: \(plugin), target: { return: 1 } } }"))
        #expect(texts.contains { $0.contains("model/m: \(words)") }, "\(texts)")
    }

    @Test func requiresATarget() {
        let texts = faults(manifest(models: "{ m: { plugin: ridge } }"))
        let names = Target.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        #expect(texts == ["model/m: 'target' is missing; allowed a mapping with \(names). Set it."])
    }
}
