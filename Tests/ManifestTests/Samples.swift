import HostManifest
import PluginKit
import Testing

/// A manifest that uses everything and has no fault.
let sample = """
    # yaml-language-server: $schema=docs/plugins.schema.json
    version: 1
    host: { listen: "127.0.0.2:0", state: var, workers: 2, stop_timeout: 3s, log_level: debug }
    instruments:
      us: [AAPL, IBM]
      cn:
        - 000001.SZ
        - sh600519
      crypto: { venue: BINANCE, symbols: [BTCUSDT] }
    providers:
      history: { plugin: files, path: data/history, only: [ON, NO, 1e5, 000001] }
      vantage: { plugin: cloud, enabled: false, api_key: "${secret:VANTAGE_KEY}" }  # a key is needed
    routes:
      daily: { from: [vantage, history], accept: { max_age: 3d } }
    indicators:
      rsi14: { plugin: rsi, period: 14 }  # 常用
      macd:
        plugin: macd
        slow: 30
    models:
      next_day:
        plugin: ridge
        target: { return: 1 bar }
        features: [rsi14, macd.signal]
        alpha: 0.5
        validation: { folds: 3 }
      week: { plugin: ridge, target: { volatility: "5 bars" } }
    sinks:
      live: { plugin: console, queue: { full: drop_oldest } }
      keep: { plugin: sqlite, path: "var/records.db" }
    pipelines:
      main: { instruments: [us, cn, 700.HK], route: daily, timeframe: 1d, indicators: all, models: [next_day, week], sinks: all, risk: { max_age: 5d } }
      side: { instruments: [crypto], route: daily, timeframe: 5m, indicators: [macd], models: [], sinks: [keep] }
    x-notes: { anything: [goes] }

    """

/// Loads a text with the fake plugins.
func load(_ text: String, environment: [String: String] = [:], folder: String = "/nonexistent") -> ManifestResult {
    ManifestLoader(plugins: fakePlugins).load(text: text, environment: environment, baseDirectory: folder)
}

/// A whole manifest around some of its sections; sections that are given replace those that are not.
func manifest(
    instruments: String = "{ us: [AAPL] }", providers: String = "{ history: { plugin: files, path: data } }",
    routes: String = "{ daily: { from: [history] } }", indicators: String = "{ rsi14: { plugin: rsi } }",
    models: String = "{}", sinks: String = "{}",
    pipelines: String = "{ main: { instruments: [us], route: daily } }", more: String = ""
) -> String {
    """
    version: 1
    instruments: \(instruments)
    providers: \(providers)
    routes: \(routes)
    indicators: \(indicators)
    models: \(models)
    sinks: \(sinks)
    pipelines: \(pipelines)
    \(more)
    """
}

/// The texts of all faults.
func faults(_ text: String, environment: [String: String] = [:], folder: String = "/nonexistent") -> [String] {
    load(text, environment: environment, folder: folder).faults.map(\.text)
}

/// The one fault of a text; records an issue where there is none or more.
func onlyFault(
    _ text: String, environment: [String: String] = [:], folder: String = "/nonexistent",
    sourceLocation: SourceLocation = #_sourceLocation
) -> ManifestFault? {
    let found = load(text, environment: environment, folder: folder).faults
    #expect(found.count == 1, "\(found.map(\.text))", sourceLocation: sourceLocation)
    return found.first
}
