import ArgumentParser

/// The benchmarks: each verb measures one path and prints `RESULT name=... value=... unit=...` lines.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-bench", abstract: "Measure Penstock's paths; see scripts/bench.sh for the peers.",
        subcommands: [
            PipelineCommand.self, PathsCommand.self, IndicatorsCommand.self, ModelsCommand.self, XGBoostCommand.self,
            NetsCommand.self,
            StartupCommand.self, ServeCommand.self,
            ReloadCommand.self, StorageCommand.self, SinksCommand.self, BinanceCommand.self, DriftCommand.self,
            SearchCommand.self, VersionsCommand.self, RetrainCommand.self,
            RouterCommand.self, BacktestCommand.self, RiskCommand.self,
        ])
}

/// Prints one figure.
func printResult(_ name: String, _ value: Double, _ unit: String) {
    print("RESULT name=\(name) value=\(value) unit=\(unit)")
}

extension Duration {
    /// The span in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Returns the value below which a share of the sorted numbers lies.
func percentile(_ sorted: [Double], _ share: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}
