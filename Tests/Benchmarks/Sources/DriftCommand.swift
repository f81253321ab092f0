import ArgumentParser
import Builtin
import PluginKit
import TestSupport

/// How far indicators with running sums are from two passes over the window after many updates.
struct DriftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "drift")

    @Option(help: "Updates of each indicator.") var updates = 10_000_000

    func run() throws {
        var worst = 0.0
        for check in DriftCheck.all {
            guard let plugin = Builtin.plugins.first(where: { $0.descriptor.id == "indicator/\(check.name)" }) else {
                throw ValidationError("drift: no indicator '\(check.name)'.")
            }
            worst = max(worst, try check.worstError(of: plugin, updates: updates))
        }
        printResult("drift_worst_error", worst, "relative")
    }
}
