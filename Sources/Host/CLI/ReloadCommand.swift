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
        commandName: "diff", abstract: "Show what a reload would change, and what that does to each pipeline.",
        discussion: "Asks the host that runs; where none does, compares with the manifest that ran last.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let report: PlanReport
        if let host = RunningHost.find(shared.stateFolder) {
            report = try asked(host)
        } else {
            report = try await compared()
        }
        if shared.json { try Output.json(report) }
        guard report.faults.isEmpty else {
            if !shared.json { Output.fault(report.text) }
            throw ExitCode(2)
        }
        if !shared.json { Output.write(report.text) }
    }

    private func asked(_ host: RunningHost) throws -> PlanReport {
        let answer = try LocalClient.ask(host, "GET", "/api/v2/config/plan")
        guard let report = PlanReport.read(answer.body) else {
            throw HostError(
                exitCode: 1,
                "config diff: the host answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))")
        }
        return report
    }

    private func compared() async throws -> PlanReport {
        let new = try shared.manifest()
        let path = LastGoodManifest.path(in: new.resolve(new.host.state))
        guard let old = shared.load(from: path).manifest else {
            throw HostError(
                exitCode: 3,
                "config diff: no manifest ran here before, or \(path) is not readable. Start the host with `penstock run`."
            )
        }
        return await PlanReport.ofNextStart(from: old, to: new)
    }
}
