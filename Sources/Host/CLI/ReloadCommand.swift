import ArgumentParser
import HostApp
import HostManifest

/// `penstock reload`: a running host goes over to what the manifest says now.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Let the running host go over to the manifest as it is now.",
        discussion: """
            Checks, builds, fits and warms up the new beside the old, swaps between two batches, drains the old. Where \
            anything of the new cannot be had the old runs on untouched, and the exit code is 2 for a fault of the \
            manifest, 1 otherwise. `penstock config diff` shows what would change.
            """)

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let folder = shared.stateFolder
        guard let host = RunningHost.find(folder) else {
            throw HostError(exitCode: 3, "reload: no host runs on '\(folder)'. Start one with `penstock run`.")
        }
        try Reloading.ask(host, json: shared.json)
    }
}

/// Asking a running host to reload, and telling what it did.
enum Reloading {
    /// Asks; prints the report; exits with its code where the old manifest runs on.
    static func ask(_ host: RunningHost, json: Bool) throws {
        let answer = try LocalClient.ask(host, "PUT", "/api/v2/config")
        guard let report = ReloadReport.read(answer.body) else {
            throw HostError(
                exitCode: 1,
                "reload: the host answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
        }
        if json {
            try Output.json(report)
        } else if report.isGood {
            Output.write(report.text)
        } else {
            Output.fault(report.text)
        }
        guard report.isGood else { throw ExitCode(report.outcome == .refused ? 2 : 1) }
    }
}

extension SharedOptions {
    /// The state folder the manifest names; where it has faults, the usual one.
    var stateFolder: String {
        if let manifest = load().manifest { return manifest.resolve(manifest.host.state) }
        let base = config.lastIndex(of: "/").map { String(config[...$0]) } ?? ""
        return base + "var"
    }
}

/// `penstock config diff`: what a reload would do.
struct DiffConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what a reload would change: the last manifest that ran against the file.")

    @OptionGroup var shared: SharedOptions

    private struct Report: Encodable {
        struct Value: Encodable {
            let key: String
            let before: String?
            let after: String?
        }
        struct Entry: Encodable {
            let name: String
            let action: String
            let values: [Value]
        }
        let entries: [Entry]
        let pipelines: [String: String]
        let atNextStart: [String]

        enum CodingKeys: String, CodingKey {
            case entries, pipelines
            case atNextStart = "at_next_start"
        }
    }

    func run() async throws {
        let plugins = shared.availablePlugins()
        let new = try shared.manifest(plugins)
        let path = LastGoodManifest.path(in: new.resolve(new.host.state))
        guard let old = shared.load(plugins, from: path).manifest else {
            throw HostError(
                exitCode: 3,
                "config diff: no manifest ran here before, or \(path) is not readable. Start the host with `penstock run`."
            )
        }
        let plan = ReloadPlan(from: old, to: new)
        if shared.json { return try Output.json(report(plan)) }
        Output.write(plan.isEmpty ? "Nothing differs from what ran last.\n" : text(plan))
    }

    private func report(_ plan: ReloadPlan) -> Report {
        Report(
            entries: plan.diff.entries.map { entry in
                Report.Entry(
                    name: entry.name, action: entry.action.rawValue,
                    values: entry.values.map { Report.Value(key: $0.key, before: $0.before, after: $0.after) })
            },
            pipelines: Dictionary(
                plan.pipelines.map { ($0.id, $0.effect.rawValue) }, uniquingKeysWith: { first, _ in first }),
            atNextStart: plan.postponed)
    }

    private func text(_ plan: ReloadPlan) -> String {
        var lines: [String] = []
        for entry in plan.diff.entries {
            lines.append("\(entry.name): \(entry.action.rawValue)")
            for value in entry.values {
                lines.append("    \(value.key): \(value.before ?? "not set") -> \(value.after ?? "not set")")
            }
        }
        for (id, effect) in plan.pipelines { lines.append("pipeline/\(id) would be: \(effect.rawValue)") }
        if !plan.postponed.isEmpty {
            lines.append("At the next start only: \(plan.postponed.map { "host.\($0)" }.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
