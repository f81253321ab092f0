/// The text `penstock init` writes: small, commented, complete.
package struct StarterManifest: Sendable {
    private let data: String
    private let instruments: [String]

    /// Creates the text for a folder of CSV files and the instruments in it.
    package init(data: String, instruments: [String]) {
        self.data = data
        self.instruments = instruments
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
          main: [\(instruments.map { "\"\($0)\"" }.joined(separator: ", "))]

        providers:
          history:
            plugin: local_history
            path: "\(data)"           # one CSV file for each instrument: AAPL.csv, 600519.SH.csv

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
            timeframe: 1d
            indicators: all
            models: [next_day]
            sinks: [live, keep]

        """
    }
}
