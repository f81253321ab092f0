import FileOutput
import HostManifest
import HostTrading
import PluginKit

/// The configurations of a strategy that were tried on the state folder so far, and what each showed.
///
/// The Sharpe ratio of the best of many says less than that of the only one: what was tried is kept, so that it can be taken off. A
/// line a configuration and data: digest, Sharpe ratio of a day's return.
struct BacktestLedger {
    let folder: String
    private(set) var tries: [String: Double]
    private let path: String

    /// Reads what is there; what cannot be read is no try.
    init(_ strategy: String, in state: String) throws(PluginError) {
        folder = "\(state)/backtests"
        try FilePaths.makeFolder(folder, who: "backtest")
        path = "\(folder)/\(strategy).tries"
        let bytes = (try? ManifestLoader.bytes(of: path)) ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
        tries = Dictionary(
            lines.compactMap { $0.count == 2 ? (String($0[0]), Double($0[1]) ?? 0) : nil },
            uniquingKeysWith: { $1 })
    }

    /// Variance of the Sharpe ratios; `nil` of fewer than two.
    var variance: Double? {
        let values = tries.values.sorted().filter(\.isFinite)
        guard values.count > 1 else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }

    /// Notes runs.
    mutating func note(_ found: [(digest: String, sharpe: Double)]) throws(PluginError) {
        for run in found { tries[run.digest] = run.sharpe }
        let text = tries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
        try write(text, path)
    }

    /// Stores a report beside it.
    func store(_ report: BacktestReport) throws(PluginError) {
        try write(String(decoding: report.json, as: UTF8.self), "\(folder)/\(report.strategy).json")
        try write(BacktestPage(report).html, "\(folder)/\(report.strategy).html")
    }

    private func write(_ text: String, _ path: String) throws(PluginError) {
        do throws(AtomicFile.Failure) { try AtomicFile.write(text, to: path) } catch {
            throw PluginError(.environment, "backtest: \(error.description)")
        }
    }
}
