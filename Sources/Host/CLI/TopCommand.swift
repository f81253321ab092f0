import ArgumentParser
import HostApp
import HostTelemetry
import PluginKit

/// `penstock top`: what the running host does, drawn anew each second.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch rows, lags, queues, calls and providers of the running host.",
        discussion: "Ends with Ctrl-C. --once prints one view, of the span between two looks.")

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: ArgumentHelp("Seconds between two looks, 1 to 3600.", valueName: "seconds"))
    var every = 1

    @Flag(name: .long, help: "Print one view and end.")
    var once = false

    func validate() throws {
        guard (1...3_600).contains(every) else { throw ValidationError("--every is \(every); allowed: 1 to 3600.") }
    }

    func run() async throws {
        let host = try shared.runningHost("top")
        var before = try HostLook(host)
        while true {
            try await Task.sleep(for: .seconds(every))
            let now = try HostLook(host)
            let lines = TopView(now: now, before: before).lines
            if once || !Output.isTerminal {
                Output.write(lines.joined(separator: "\n") + "\n")
            } else {
                draw(lines)
            }
            if once { return }
            before = now
        }
    }

    /// Overwrites the window line by line, so that nothing flickers.
    private func draw(_ lines: [String]) {
        let size = TerminalWindow.size
        let shown = lines.prefix(size.rows - 1).map { Output.plain(String($0.prefix(size.columns))) }
        Output.write("\u{1B}[H" + shown.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }
}

/// The host at one moment.
struct HostLook {
    let status: HostStatus
    /// Monotonic.
    let time: ContinuousClock.Instant
    private let series: [String: [MetricText.Series]]

    init(_ host: RunningHost) throws {
        status = try HostStatus.ask(host, who: "top")
        series = Dictionary(grouping: try HostStatus.metrics(host, who: "top"), by: \.name)
        time = .now
    }

    /// The series of a metric.
    func all(_ name: String) -> [MetricText.Series] { series[name] ?? [] }

    /// The sum of the series of a metric that have these labels; `nil` where there is none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let own = all(name).filter { series in labels.allSatisfy { series.labels[$0.key] == $0.value } }
        return own.isEmpty ? nil : own.reduce(0) { $0 + $1.value }
    }
}
