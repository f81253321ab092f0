import ArgumentParser
import FoundationEssentials
import HostProcess
import PluginKit
import Synchronization

/// Bars a second through one process, and the round trip of one bar.
struct RateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rates")

    @Option(help: "The program around shipped plugins.") var swift: String
    @Option(help: "The program of examples/c-provider; none: left out.") var c: String?
    @Option(help: "An indicator in Python.") var python = "examples/python-indicator/indicator.py"
    @Option(help: "The folder of the SDK for Python.") var sdk = "PluginKit/Python"
    @Option(help: "Bars a batch.") var batch = 256
    @Option(help: "Seconds for each figure.") var seconds = 2.0

    func run() async throws {
        let here = FileManager.default.currentDirectoryPath
        try FileManager.default.createDirectory(atPath: Self.state, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: Self.state) }
        let python = try plugin(["/usr/bin/python3", absolute(python, here)], here).describe()
        let native = try plugin([absolute(swift, here), "indicator/sma"], here).describe()
        for (name, type) in [("python", python), ("swift", native)] {
            var subject = try indicator(type, ["period": .integer(20)])
            printResult("process_\(name)_bars_per_second", rate(&subject), "bars/s")
            printResult("process_\(name)_round_trip_p50", roundTrip(&subject), "us")
        }
        if let c { try await stream(plugin([absolute(c, here)], here).describe()) }
    }

    /// A folder of its own: what others left in a shared one would count as the plugin's.
    private static let state = "\(FileManager.default.temporaryDirectory.path)/penstock-rates-\(UUID().uuidString)"

    private func plugin(_ words: [String], _ folder: String) -> ProcessPlugin {
        ProcessPlugin(
            command: ProcessCommand(
                arguments: words, directory: folder, stateDirectory: Self.state,
                environment: ["PYTHONPATH": absolute(sdk, folder)], readable: [folder]))
    }

    private func absolute(_ path: String, _ folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private func rate(_ subject: inout some Indicator<Bar>) -> Double {
        let bars = wanderingBars(batch)
        var values = [Double](repeating: 0, count: batch)
        for _ in 0..<20 { feed(bars, &subject, &values, 1) }
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            feed(bars, &subject, &values, 1)
            precondition(values[batch - 1].isFinite, "the process answers")
            count += batch
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    private func roundTrip(_ subject: inout some Indicator<Bar>) -> Double {
        let bars = wanderingBars(1)
        var values = [0.0]
        var spans: [Double] = []
        for _ in 0..<5_000 {
            let start = ContinuousClock.now
            feed(bars, &subject, &values, 1)
            spans.append((ContinuousClock.now - start) / .microseconds(1))
        }
        return percentile(spans, 0.5)
    }

    /// The C program pushes a million rows; measured from its first batch on.
    private func stream(_ type: PluginType) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = wanderingBars(1_000_000).map { bar in
            "\(bar.time / 1_000_000_000),\(bar.open),\(bar.high),\(bar.low),\(bar.close),\(bar.volume)\n"
        }
        try lines.joined().write(toFile: "\(folder)/BENCH.csv", atomically: false, encoding: .utf8)
        guard case .provider(let make) = type.maker else { return }
        let provider = try make(
            Configuration(instance: "provider/bench", values: ["path": .text(folder), "batch": .integer(batch)]),
            PluginContext(baseDirectory: folder, stateDirectory: folder, instruments: NoNames()))
        let receiver = CountingReceiver()
        let reference = InstrumentReference(
            id: InstrumentID(rawValue: 0), instrument: Instrument(code: "BENCH", venue: "US"))
        try await provider.stream(
            Subscription(instruments: [reference], kind: .bar, timeframe: Timeframe(1, .day)), into: receiver)
        await provider.stop()
        printResult("process_c_bars_per_second", receiver.rate, "bars/s")
    }
}

struct NoNames: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "BENCH", venue: "US") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

/// Counts bars from the first delivery on.
private final class CountingReceiver: EventReceiver {
    private struct State {
        var first: ContinuousClock.Instant?
        var last: ContinuousClock.Instant?
        var count = 0
    }

    private let state = Mutex(State())

    var rate: Double {
        state.withLock { state in
            guard let first = state.first, let last = state.last, last > first else { return .nan }
            return Double(state.count) / ((last - first) / .seconds(1))
        }
    }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let now = ContinuousClock.now
        state.withLock { state in
            if state.first == nil { state.first = now } else { state.count += delivery.batch.count }
            state.last = now
        }
    }
}
