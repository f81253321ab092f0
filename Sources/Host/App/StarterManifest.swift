/// The text `penstock init` writes: small, commented, complete.
package struct StarterManifest: Sendable {
    private let sources: StarterSources
    private let instruments: [String]

    /// Creates the text for sources and whom they are asked for; without instruments for those the sources are usually asked for.
    package init(_ sources: StarterSources, instruments: [String] = []) {
        self.sources = sources
        self.instruments = instruments.isEmpty ? sources.usualInstruments : instruments
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
        \(Self.indented(sources.providers))

        routes:
        \(Self.indented(sources.route))

        indicators:
          sma20: { plugin: sma, period: 20 }
          rsi14: { plugin: rsi, period: 14 }
          ppo: { plugin: ppo }        # a share of the price: a model of adjusted prices may see no level of them
          atr14: { plugin: atr, period: 14 }
          volume_ratio: { plugin: volume_ratio, period: 5 }

        models:
          next_bar:
            plugin: ridge
            target: { return: 1 bar }
            features: [rsi14, ppo, volume_ratio]

        sinks:
          live: { plugin: websocket, queue: { full: drop_oldest } }
          keep: { plugin: sqlite, path: var/records.db }

        pipelines:
          main:
            instruments: [main]
            route: main
            timeframe: \(sources.timeframe)
            indicators: all
            models: [next_bar]
            sinks: [live, keep]

        """
    }

    /// A line for a few symbols, a line each for many.
    private static func list(_ symbols: [String]) -> String {
        let quoted = symbols.map { "\"\($0)\"" }
        if quoted.count <= 8 { return "  main: [\(quoted.joined(separator: ", "))]" }
        return "  main:\n" + quoted.map { "    - \($0)" }.joined(separator: "\n")
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }
}
