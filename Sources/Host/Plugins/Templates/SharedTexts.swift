import PluginKit

/// Files that a new plugin has in any language: what it is, what it is tested with, and a host to try it in.
enum SharedTexts {
    /// What the plugin of a kind does, in one sentence.
    static func about(_ kind: PluginKind) -> String {
        switch kind {
        case .provider: "Reads daily bars from CSV files, one for each instrument."
        case .indicator: "How far the close moved over a number of bars."
        case .model: "Averages the regressions on each feature alone."
        case .sink: "Appends bars as lines to a file of its own folder."
        }
    }

    /// The end of `plugin.yaml`: what follows `tier` and the program.
    static func description(_ kind: PluginKind) -> String {
        switch kind {
        case .provider:
            """
            options:
              path:
                type: path
                required: true
                summary: Folder of the files.
              batch:
                type: integer
                minimum: 1
                maximum: 4096
                default: 256
                unit: bars
                summary: Bars pushed at once.
            provider:
              fetches: [bar]
              streams: [bar]
              is_replay: true
              needs_network: false
            permissions:
              files: ["read {path}"]

            """
        case .indicator:
            """
            options:
              period:
                type: integer
                minimum: 1
                maximum: 10000
                default: 10
                unit: bars
                summary: Bars the move is measured over.
            outputs:
              value: { unit: quote currency, summary: Close minus the close that many bars before. }

            """
        case .model:
            """
            outputs:
              value: { summary: "The prediction, in the target's unit." }

            """
        case .sink:
            """
            options:
              file:
                type: text
                default: bars.csv
                summary: Name of the file in the plugin's state folder.
            accepts: [bars]

            """
        }
    }

    /// `conformance.yaml`.
    static func sample(_ kind: PluginKind) -> String {
        let head = "# What `penstock plugins test` runs this plugin with; ${folder} is this folder.\n"
        switch kind {
        case .provider:
            return head + """
                options: { path: "${folder}/data", batch: 50 }
                instruments: [IBM.US]
                unknown_instrument: NONESUCH.US
                unavailable: { path: "${folder}/data/missing" }
                damaged:
                  cut in a row: { path: "${folder}/data/damaged/cut" }
                  letters for a price: { path: "${folder}/data/damaged/letters" }
                expected:
                  # 2000-03-01, 16:00 in New York.
                  - { seconds: 951944400, open: 102, high: 105.5, low: 100.06, close: 100.25, volume: 10807800 }

                """
        case .indicator, .model: return head + "bars: data/IBM.csv\n"
        case .sink:
            return head + """
                options: { file: bars.csv }
                unavailable: { file: "missing/bars.csv" }
                idempotent: false
                kept: { file: bars.csv, column: 6 }

                """
        }
    }

    /// `plugins.yaml`: a host that runs the plugin over the bars in `data`; `@PROGRAM@` is how it is started.
    static func host(_ kind: PluginKind) -> String {
        let provider =
            kind == .provider
            ? "  @NAME@: { plugin: @PROGRAM@, path: data }\n"
            : "  history: { plugin: local_history, path: data, columns: { time: seconds }, date_format: epoch_s }\n"
        let indicator =
            kind == .indicator
            ? "  mine: { plugin: @PROGRAM@, period: 10 }\n" : "  sma20: { plugin: sma, period: 20 }\n"
        let model =
            kind == .model ? "  mine: { plugin: @PROGRAM@, target: { return: 1 bar }, features: [sma20, rsi14] }\n" : ""
        let sink = kind == .sink ? "  mine: { plugin: @PROGRAM@ }\n" : ""
        let shown = kind == .model ? "predictions" : kind == .provider ? "bars" : "features"
        return """
            # A host with this plugin, to try it: `penstock plugins lock`, then `penstock run --once`, each with
            # `--config plugins.yaml`.
            version: 1
            host: { listen: "127.0.0.1:0", state: var }
            instruments: { all: [IBM.US] }
            providers:
            \(provider)routes: { daily: { from: [\(kind == .provider ? "@NAME@" : "history")] } }
            indicators:
            \(indicator)\(kind == .model ? "  rsi14: { plugin: rsi, period: 14 }\n" : "")\
            \(model.isEmpty ? "" : "models:\n\(model)")sinks:
            \(sink)  screen: { plugin: console, records: [\(shown)] }
            pipelines:
              main:
                instruments: [all]
                route: daily
                timeframe: 1d
                indicators: all
            \(model.isEmpty ? "" : "    models: all\n")    sinks: all

            """
    }

    /// Bytes that the provider must call bad.
    static let damaged = [
        "data/damaged/cut/IBM.csv":
            "seconds,open,high,low,close,volume\n951944400,102.0,105.5,100.06,100.25,10807800\n952030800,100.5",
        "data/damaged/letters/IBM.csv":
            "seconds,open,high,low,close,volume\n951944400,102.0,105.5,none,100.25,10807800\n",
    ]
}
