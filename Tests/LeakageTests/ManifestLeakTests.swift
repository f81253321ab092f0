import Builtin
import HostManifest
import PluginKit
import Testing

/// Leaks that cannot be written: the manifest has no word for them, and says so.
@Suite struct ManifestLeakTests {
    @Test(arguments: [
        ("target: { return: 0 bar }", "the return of the bar itself"),
        ("target: { return: -1 bar }", "a return that has been"),
        ("target: { return: 1 bar }, validation: { kind: kfold }", "folds without purge"),
        ("target: { return: 1 bar }, validation: { shuffle: true }", "rows of train and test mixed"),
        ("target: { return: 1 bar }, validation: { embargo: -5 }", "an embargo below zero"),
        ("target: { return: 1 bar }, scaler: global", "a scaler outside of the folds"),
    ])
    func isRefused(_ options: String, _ what: String) {
        let result = ManifestLoader(plugins: Builtin.plugins).load(
            text: """
                version: 1
                instruments: { us: [AAPL] }
                providers: { history: { plugin: local_history, path: data/history } }
                routes: { daily: { from: [history] } }
                indicators: { rsi14: { plugin: rsi, period: 14 } }
                models:
                  next: { plugin: ridge, features: [rsi14], \(options) }
                pipelines:
                  main: { instruments: all, route: daily }
                """, file: "plugins.yaml")
        #expect(result.manifest == nil, "\(what) can be written")
        #expect(result.faults.contains { $0.line == 7 }, "\(what): \(result.report)")
    }
}
