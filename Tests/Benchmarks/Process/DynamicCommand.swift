import ArgumentParser
import FoundationEssentials
import HostPlugins
import Indicators
import PluginKit

/// The cost of one row of an indicator: compiled in, and the same from a library opened at run time.
struct DynamicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "dynamic")

    @Option(help: "The library.") var library: String
    @Option(help: "Bars a batch.") var batch = 256
    @Option(help: "Rounds, each measuring both.") var rounds = 9

    func run() async throws {
        let state = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: state) }
        let opened = try DynamicLoader(stateFolder: state).load(library)
        var (here, there) = ([Double](), [Double]())
        for type in [PluginType.indicator(SMA.self), .indicator(EMA.self), .indicator(RSI.self)] {
            guard let twin = opened.first(where: { $0.descriptor.id == type.descriptor.id }) else { continue }
            var (first, second) = (try indicator(type), try indicator(twin))
            var (own, other) = ([Double](), [Double]())
            for _ in 0..<rounds {
                own.append(cost(&first))
                other.append(cost(&second))
            }
            here.append(percentile(own, 0.5))
            there.append(percentile(other, 0.5))
        }
        precondition(here.count == 3, "the library has the three averages")
        let (compiled, dynamic) = (here.reduce(0, +) / 3, there.reduce(0, +) / 3)
        printResult("indicator_static_row", compiled, "ns")
        printResult("indicator_dynamic_row", dynamic, "ns")
        printResult("indicator_dynamic_by_static", dynamic / compiled, "")
    }

    /// Nanoseconds a row.
    private func cost(_ subject: inout some Indicator<Bar>) -> Double {
        let bars = wanderingBars(batch)
        var values = [Double](repeating: 0, count: batch)
        let runs = 4_000
        let start = ContinuousClock.now
        for _ in 0..<runs { feed(bars, &subject, &values, 1) }
        return (ContinuousClock.now - start) / .nanoseconds(1) / Double(runs * batch)
    }
}
