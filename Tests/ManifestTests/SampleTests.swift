import HostManifest
import PluginKit
import PredictionTargets
import Testing

@Suite struct SampleTests {
    @Test func readsEverySection() throws {
        let result = load(sample)
        #expect(result.faults.map(\.rendered) == [])
        let manifest = try #require(result.manifest)
        #expect(manifest.host.listen == ListenAddress(host: "127.0.0.2", port: 0))
        #expect(manifest.host.workers == 2)
        #expect(manifest.host.stopTimeout == .seconds(3))
        #expect(manifest.host.logLevel == .debug)
        #expect(manifest.host.state == "var")
        #expect(manifest.instruments.map(\.id) == ["us", "cn", "crypto"])
        #expect(
            manifest.instruments.flatMap { $0.instruments.map(\.description) } == [
                "AAPL.US", "IBM.US", "000001.SZ", "600519.SH", "BTCUSDT.BINANCE",
            ])
        #expect(
            manifest.instances.map(\.name) == [
                "provider/history", "provider/vantage", "indicator/rsi14", "indicator/macd", "model/next_day",
                "model/week",
                "sink/live", "sink/keep",
            ])
        #expect(manifest.resolve("data") == "/nonexistent/data")
        #expect(manifest.resolve("/data") == "/data")
    }

    @Test func resolvesRoutesAndPipelines() throws {
        let manifest = try #require(load(sample).manifest)
        let route = try #require(manifest.routes.first)
        #expect(route.providers == ["history"])
        #expect(route.maxAge == .seconds(3 * 86_400))
        let main = try #require(manifest.pipelines.first)
        #expect(main.instruments.map(\.description) == ["AAPL.US", "IBM.US", "000001.SZ", "600519.SH", "00700.HK"])
        #expect(main.timeframe == Timeframe(1, .day))
        #expect(main.indicators == ["rsi14", "macd"])
        #expect(main.models == ["next_day", "week"])
        #expect(main.sinks == ["live", "keep"])
        #expect(main.riskMaxAge == .seconds(5 * 86_400))
        #expect(manifest.pipelines[1].indicators == ["macd"])
        #expect(manifest.pipelines[1].models == [])
        #expect(manifest.place(of: main.location) == "plugins.yaml:32:3")
    }

    @Test func readsModelsAndSinks() throws {
        let manifest = try #require(load(sample).manifest)
        let model = manifest.models[0]
        #expect(model.target == Target(.relativeReturn, bars: 1))
        #expect(model.target.description == "return over 1 bar")
        #expect(model.features == .named(["rsi14", "macd.signal"]))
        #expect(model.seed == 42 && model.threads == 1)
        #expect(model.validation == ValidationScheme(folds: 3, embargo: 5, minTrain: 250))
        #expect(manifest.features(of: model, in: manifest.pipelines[0]) == ["rsi14", "macd.signal"])
        let week = manifest.models[1]
        #expect(week.target.horizon == 5 && week.target.description == "volatility over 5 bars")
        #expect(manifest.features(of: week, in: manifest.pipelines[0]) == ["rsi14", "macd.line", "macd.signal"])
        #expect(manifest.sinks[0].records == [.predictions, .alerts])
        #expect(manifest.sinks[0].queue == QueueDeclaration(capacity: 256, full: .dropOldest, spillBytes: 1 << 30))
        #expect(manifest.sinks[1].records == Set(RecordKind.allCases).subtracting([.status]))
        #expect(manifest.indicators[1].featureNames == ["macd.line", "macd.signal"])
    }

    @Test func givesPluginsCheckedOptionsWithDefaults() throws {
        let manifest = try #require(load(sample).manifest)
        let history = manifest.providers[0].instance
        #expect(history.configuration.instance == "provider/history")
        #expect(try history.configuration.texts("only") == ["ON", "NO", "1e5", "000001"])
        #expect(try history.configuration.duration("timeout") == .seconds(10))
        #expect(try history.configuration.nested("columns").text("date") == "date")
        #expect(!history.configuration.has("api_key"))
        #expect(!history.configuration.has("plugin") && !history.configuration.has("enabled"))
        #expect(history.onFailure == .error && history.isEnabled && history.kind == .provider)
        #expect(try manifest.indicators[1].instance.configuration.integer("slow") == 30)
        #expect(try manifest.models[0].instance.configuration.number("alpha") == 0.5)
    }

    @Test func toleratesMissingSecretOfDisabledInstance() throws {
        let manifest = try #require(load(sample).manifest)
        let vantage = manifest.providers[1].instance
        #expect(!vantage.isEnabled)
        #expect(!vantage.configuration.has("api_key"))
        let enabled = sample.replacing("enabled: false", with: "enabled: true")
        let texts = faults(enabled)
        #expect(texts.contains { $0.contains("the secret VANTAGE_KEY is nowhere") })
    }

    @Test func fillsDefaultsWhereSectionsAreAbsent() throws {
        let manifest = try #require(load(manifest()).manifest)
        #expect(manifest.host.listen.description == "127.0.0.1:8080")
        #expect(manifest.host.stopTimeout == .seconds(5))
        #expect(manifest.host.logLevel == .info && manifest.host.workers == 1)
        #expect(manifest.pipelines[0].timeframe.description == "1d")
        #expect(manifest.routes[0].maxAge == nil && manifest.pipelines[0].riskMaxAge == nil)
    }

    @Test func acceptsByteOrderMarkAndWindowsLines() throws {
        let text = "\u{FEFF}" + sample.replacing("\n", with: "\r\n")
        let manifest = try #require(load(text).manifest)
        #expect(manifest.place(of: manifest.pipelines[0].location) == "plugins.yaml:32:3")
        #expect(manifest.pipelines[0].location.start.offset > 3)
    }
}
