import PluginKit

/// The text `penstock init` writes: small, commented, complete.
package struct StarterManifest: Sendable {
    private let data: String
    private let instruments: [String]
    private let timeframe: String
    private let options: [(name: String, value: String)]

    /// Creates the text for CSV files and the instruments in them; `options` are further ones of the provider.
    package init(
        data: String, instruments: [String], timeframe: String = "1d", options: [(name: String, value: String)] = []
    ) {
        self.data = data
        self.instruments = instruments
        self.timeframe = timeframe
        self.options = options
    }

    /// The manifest.
    package var text: String {
        """
        # What Penstock runs. `penstock config check` checks it, `penstock config explain PATH` explains a value,
        # `penstock plugins list` shows what can be named here.
        version: 1

        host:
          listen: 127.0.0.1:8080
          state: var                  # database, artifacts, quarantine

        instruments:
        \(Self.list(instruments))

        providers:
          history:
            plugin: local_history
            path: "\(data)"           # one CSV file for each instrument: AAPL.csv, 600519.SH.csv\(set)

        routes:
          daily: { from: [history] }

        indicators:
          sma20: { plugin: sma, period: 20 }
          rsi14: { plugin: rsi, period: 14 }
          macd: { plugin: macd }
          atr14: { plugin: atr, period: 14 }
          volume_ratio: { plugin: volume_ratio, period: 5 }

        models:
          next_day:
            plugin: ridge
            target: { return: 1 bar }
            features: [rsi14, macd, volume_ratio]

        sinks:
          live: { plugin: websocket, queue: { full: drop_oldest } }
          keep: { plugin: sqlite, path: var/records.db }

        pipelines:
          main:
            instruments: [main]
            route: daily
            timeframe: \(timeframe)
            indicators: all
            models: [next_day]
            sinks: [live, keep]

        """
    }

    private var set: String { options.map { "\n    \($0.name): \($0.value)" }.joined() }

    /// A line for a few symbols, a line each for many.
    private static func list(_ symbols: [String]) -> String {
        let quoted = symbols.map { "\"\($0)\"" }
        if quoted.count <= 8 { return "  main: [\(quoted.joined(separator: ", "))]" }
        return "  main:\n" + quoted.map { "    - \($0)" }.joined(separator: "\n")
    }
}
