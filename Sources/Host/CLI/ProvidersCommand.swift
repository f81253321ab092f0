import ArgumentParser
import HostApp
import HostManifest
import PluginKit

/// `penstock providers`: how the providers of a running host stand, or what each answers now.
struct ProvidersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers", abstract: "Show how providers stand, or try each now.",
        subcommands: [ListProviders.self, ProbeProviders.self], defaultSubcommand: ListProviders.self)
}

/// `penstock providers list`.
struct ListProviders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the providers of the host that runs this manifest.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let host = try shared.runningHost(
            "providers", hint: "Start it with `penstock run`, or try each provider with `penstock providers probe`.")
        let status = try HostStatus.ask(host, who: "providers")
        let rows = status.providers.map { row in
            var row = row
            let instance = status.instances.first { $0.kind == "provider" && $0.id == row.provider }
            (row.state, row.message) = (instance?.state, instance?.message)
            return row
        }
        if shared.json { return try Output.json(rows) }
        Output.page(
            TextTable(
                header: [
                    "PROVIDER", "STATE", "BREAKER", "HEALTH", "TAKES", "ANSWERED", "FAILED", "LEFT TODAY", "MESSAGE",
                ],
                rows: rows.map(cells)
            ).text)
    }

    private func cells(_ row: HostStatus.Provider) -> [String] {
        [
            row.provider, row.state ?? "-", row.breaker + (row.opensAt.map { " until \($0)" } ?? ""),
            "\(Int((row.health * 100).rounded())) %",
            row.answerSeconds.map { "\(Int(($0 * 1_000).rounded())) ms" } ?? "-", "\(row.answered)", "\(row.failed)",
            row.leftToday.map { "\($0)" } ?? "-", row.message ?? "",
        ]
    }
}

/// `penstock providers probe`.
struct ProbeProviders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Ask each enabled provider of a route once.",
        discussion:
            "Asks for the first instrument of the first pipeline that uses it, and says what that costs, and a day of polls. Stores nothing; requests count against 'limits'."
    )

    /// How one provider answered, and what that cost.
    private struct Probe: Encodable {
        let provider, instrument, outcome, message: String
        let seconds: Double
        let events: Int
        let last: String?
        let cost: ProviderCost?
    }

    @OptionGroup var shared: SharedOptions
    @OptionGroup var asked: TrialOptions

    func run() async throws {
        let manifest = try shared.manifest()
        var (probes, seen) = ([Probe](), Set<String>())
        for pipeline in manifest.pipelines {
            guard let route = manifest.route(pipeline.route), let instrument = pipeline.instruments.first else {
                continue
            }
            for provider in route.providers where seen.insert(provider).inserted {
                let report = try await asked.report(manifest, instrument.description, route.only(provider))
                probes += report.attempts.map { probe($0, report, manifest) }
            }
        }
        let rows = probes.map { probe in
            [
                probe.provider, probe.instrument, probe.outcome, "\(Int((probe.seconds * 1_000).rounded())) ms",
                "\(probe.events)", probe.last ?? "-", probe.cost?.text ?? "-", probe.message,
            ]
        }
        try shared.tell(
            probes,
            TextTable(
                header: ["PROVIDER", "ASKED FOR", "OUTCOME", "TOOK", "EVENTS", "NEWEST", "COSTS", "WHY"], rows: rows
            ).text)
        guard probes.allSatisfy({ $0.outcome == "taken" }) else { throw ExitCode(1) }
    }

    private func probe(_ attempt: RouteTrial.Attempt, _ report: RouteTrial.Report, _ manifest: Manifest) -> Probe {
        Probe(
            provider: attempt.provider, instrument: report.instrument, outcome: attempt.outcome,
            message: attempt.message,
            seconds: attempt.seconds, events: report.events, last: report.last,
            cost: manifest.providers.first { $0.instance.id == attempt.provider }.map {
                ProviderCost(of: $0, in: manifest, sent: attempt.requests)
            })
    }
}
