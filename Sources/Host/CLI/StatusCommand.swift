import ArgumentParser
import HostApp
import HostCore
import HostTelemetry

/// `penstock status`: how the running host is, and whether it keeps its service levels.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how the host that runs this manifest is.",
        discussion: """
            --slo shows the service levels since the host started: the share that was good, and how many times faster than \
            the objective allows the budget goes (above 1: the objective is not kept). Over a month Prometheus has them, \
            with the rules of deploy/prometheus.
            """)

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "Show the service levels instead.")
    var slo = false

    func run() async throws {
        let host = try shared.runningHost("status")
        if slo { return try showLevels(of: host) }
        if shared.json {
            let body = try HostStatus.body(host, "/api/v2/system/status", who: "status")
            return Output.write(String(decoding: body, as: UTF8.self) + "\n")
        }
        let status = try HostStatus.ask(host, who: "status")
        Output.write(
            "\(status.status): penstock \(status.version), process \(host.pid), \(host.url), up "
                + "\(Duration.seconds(status.uptimeSeconds).inWords)\n\n")
        let rows = status.instances.map { [$0.name, $0.plugin, $0.state, $0.since, $0.message] }
        Output.page(TextTable(header: ["INSTANCE", "PLUGIN", "STATE", "SINCE", "MESSAGE"], rows: rows).text)
    }

    private func showLevels(of host: RunningHost) throws {
        let series = try HostStatus.metrics(host, who: "status")
        let outcomes = ServiceLevel.all.flatMap { $0.outcomes(in: series) }
        if shared.json { return try Output.json(outcomes) }
        let rows = outcomes.map { outcome in
            [
                outcome.level, outcome.of, Self.percent(outcome.objective), outcome.good.map(Self.percent) ?? "-",
                Self.number(outcome.bad), Self.number(outcome.all), outcome.burnRate.map(Self.number) ?? "-",
                outcome.burnRate.map { $0 <= 1 ? "kept" : "not kept" } ?? "nothing yet",
            ]
        }
        let header = ["LEVEL", "OF", "OBJECTIVE", "GOOD", "BAD", "ALL", "BURN RATE", ""]
        let isRight = [false, false, true, true, true, true, true, false]
        Output.write(TextTable(header: header, rows: rows, isRight: isRight).text)
    }

    /// A share with three digits after the point, never rounded up to all of it.
    private static func percent(_ share: Double) -> String {
        "\(number((share * 100_000 + 1e-6).rounded(.down) / 1_000)) %"
    }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 1_000).rounded() / 1_000
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
