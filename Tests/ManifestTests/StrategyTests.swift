import HostManifest
import PluginKit
import Testing

/// Strategies: what they name must be there, and what they say must fit together.
@Suite struct StrategyTests {
    private func text(_ strategies: String) -> String {
        manifest(
            instruments: "{ us: [AAPL, IBM], cn: [600000.SH, 000001.SZ] }",
            indicators: "{ rsi14: { plugin: rsi }, macd: { plugin: macd } }",
            models: "{ next_day: { plugin: ridge, target: { return: 1 bar }, features: [rsi14] } }",
            pipelines: "{ main: { instruments: [us, cn], route: daily } }", more: "strategies: \(strategies)")
    }

    @Test func aStrategyHasDefaults() throws {
        let loaded = load(text("{ s1: { from: next_day, rule: top_k } }"))
        #expect(loaded.faults.isEmpty, "\(loaded.faults.map(\.text))")
        let strategy = try #require(loaded.manifest?.strategies.first)
        var expected = StrategyDeclaration(
            id: "s1", pipeline: "main", from: "next_day", rule: .topK, universe: strategy.universe)
        #expect(strategy == expected && strategy.universe.count == 4)
        #expect(expected.set("k", to: "3") == nil && expected.count == 3)
        #expect(expected.description["k"] == "3" && strategy.description["k"] == "5")
    }

    @Test func everythingCanBeSet() throws {
        let strategy = try #require(
            load(
                text(
                    """
                    { s1: { pipeline: main, from: "sma(10) - sma(30)", rule: threshold, enter: 0.5, exit: -0.5, shares: 100,
                      rebalance: 5 bars, limits: { weight: 0.2, gross: 0.9, min_trade: 0.01 }, universe: [cn], capital: 1e6,
                      execution: { price: limit, offset: 0.001, participation: 0.05, spread: 0.001, slippage: 1, patience: 3 },
                      venue: { prices: raw, commission: 0.0003, min_commission: 5, lots: { 00700.HK: 200 },
                        listed: { 600000.SH: 1999-11-10 }, warned: { 000001.SZ: [2019-04-30..2020-06-01] } },
                      benchmark: IBM } }
                    """)
            ).manifest?.strategies.first)
        #expect(strategy.universe.map(\.description) == ["600000.SH", "000001.SZ"])
        #expect(strategy.enter == 0.5 && strategy.exit == -0.5 && strategy.shares == 100 && strategy.rebalance == 5)
        #expect(strategy.weight == 0.2 && strategy.gross == 0.9 && strategy.minimumTrade == 0.01)
        #expect(
            strategy.execution.price == .limit && strategy.execution.offset == 0.001 && strategy.execution.patience == 3
        )
        #expect(strategy.execution.participation == 0.05 && strategy.execution.slippage == 1)
        #expect(
            !strategy.venue.isAdjusted && strategy.venue.commission == 0.0003 && strategy.venue.minimumCommission == 5)
        #expect(strategy.venue.lots.values.first == 200 && strategy.benchmark?.description == "IBM.US")
        #expect(strategy.venue.warned.values.first == ["2019-04-30..2020-06-01"])
        #expect(strategy.description["listed"]?.contains("1999-11-10") == true)
    }

    @Test(arguments: [
        ("{ s1: { rule: top_k } }", "'from' is missing"), ("{ s1: { from: next_day } }", "'rule' is missing"),
        (
            "{ s1: { from: nxt_day, rule: top_k } }",
            "'nxt_day' is no model or column of pipeline/main. Did you mean 'next_day'?"
        ),
        ("{ s1: { from: next_day, rule: topk } }", "'rule' is 'topk'"),
        ("{ s1: { from: next_day, rule: top_k, pipeline: man } }", "no pipeline 'man'. Did you mean 'main'?"),
        (
            "{ s1: { from: next_day, rule: top_k, universe: [MSFT] } }",
            "'universe' has 'MSFT', which is no instrument of pipeline/main"
        ),
        ("{ s1: { from: next_day, rule: top_k, k: 0 } }", "'k' is 0"),
        ("{ s1: { from: next_day, rule: top_k, k: 5, keep: 3 } }", "'keep' is 3, below 'k', which is 5"),
        (
            "{ s1: { from: rsi14, rule: threshold, enter: 30, exit: 70 } }",
            "'exit' is 70.0, above 'enter', which is 30.0"
        ),
        ("{ s1: { from: rsi14, rule: threshold, benchmark: SPY } }", "'benchmark' has 'SPY'"),
        (
            "{ s1: { from: rsi14, rule: threshold, venue: { listed: { 600000.SH: soon } } } }",
            "'venue.listed' has 'soon', which is no day"
        ),
        (
            "{ s1: { from: rsi14, rule: threshold, venue: { warned: { 600000.SH: [2020] } } } }",
            "which is no stretch of days"
        ),
        ("{ s1: { from: rsi14, rule: threshold, venue: { lots: { \"?\": 100 } } } }", "which is no instrument"),
        ("{ s1: { from: rsi14, rule: threshold, execution: { participation: 2 } } }", "'execution.participation' is 2"),
    ])
    func whatAStrategyCannotBeIsReported(_ strategies: String, _ words: String) {
        let texts = faults(text(strategies))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test(arguments: [
        ("kk", "3", "there is no 'kk'"), ("k", "0", "'k' is '0'; allowed"), ("rule", "topk", "'rule' is 'topk'"),
        ("participation", "many", "'participation' is 'many'"),
    ])
    func aKeyThatIsSetIsCheckedLikeOneThatIsWritten(_ name: String, _ value: String, _ words: String) throws {
        var strategy = try #require(load(text("{ s1: { from: next_day, rule: top_k } }")).manifest?.strategies.first)
        let before = strategy
        #expect(strategy.set(name, to: value)?.contains(words) == true && strategy == before)
    }

    @Test func everyKeyOfTheCommandLineChangesSomething() throws {
        let strategy = try #require(load(text("{ s1: { from: next_day, rule: top_k } }")).manifest?.strategies.first)
        let values = [
            "from": "rsi14", "rule": "policy", "price": "limit", "prices": "raw", "rules": "false", "fractions": "true",
            "enter": "-1",
            "exit": "-2", "min_commission": "5", "rebalance": "2", "patience": "2", "k": "2", "keep": "9",
            "capital": "5",
        ]
        for name in StrategyDeclaration.names {
            var changed = strategy
            #expect(changed.set(name, to: values[name] ?? "0.05") == nil, "\(name)")
            #expect(changed != strategy, "\(name)")
        }
    }

    /// A pipeline without groups takes what its source lists; so does its strategy, unless it names some.
    @Test func whatASourceListsIsTheUniverse() throws {
        let text = """
            version: 1
            providers: { history: { plugin: files, path: data } }
            routes: { daily: { from: [history] } }
            indicators: { rsi14: { plugin: rsi } }
            pipelines: { main: { instruments: all, route: daily } }
            strategies:
              everyone: { from: rsi14, rule: top_k }
              some: { from: rsi14, rule: top_k, universe: [IBM, IBM.US] }
            """
        let loaded = load(text)
        let manifest = try #require(loaded.manifest, "\(loaded.faults.map(\.text))")
        #expect(manifest.strategies.map(\.universe.count) == [0, 1])
        let listed = try ["AAPL", "IBM"].map { try Instrument(parsing: $0) }
        let universes = manifest.with(listed: ["main": listed]).strategies.map { $0.universe.map(\.code) }
        #expect(universes == [["AAPL", "IBM"], ["IBM"]])
    }

    @Test func daysAndStretchesAreRead() {
        #expect(StrategyDeclaration.stretch("1970-01-02..1970-01-03") == 1...2)
        #expect(
            StrategyDeclaration.stretch("1970-01-03..1970-01-02") == nil
                && StrategyDeclaration.stretch("1970-01-03") == nil)
        #expect(StrategyDeclaration.days("1970-02-30") == nil)
    }
}
