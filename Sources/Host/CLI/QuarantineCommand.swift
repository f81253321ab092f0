import ArgumentParser
import HostApp
import HostCore

/// `penstock quarantine`: what was refused, and what becomes of it.
struct QuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "List, show, release or delete refused rows.",
        discussion: "Asks the host that runs on the state folder; where none does, works on the folder itself.",
        subcommands: [ListQuarantine.self, ShowQuarantine.self, ReleaseQuarantine.self, DeleteQuarantine.self],
        defaultSubcommand: ListQuarantine.self)
}

/// `penstock quarantine list`.
struct ListQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List refused rows, the newest first.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var filter: QuarantineFilter

    @Flag(name: .long, help: "List released rows too.")
    var released = false

    func run() async throws {
        let manifest = try shared.manifest(runsCode: false)
        var query = try filter.query(manifest)
        query.hasReleased = released
        let report = try await QuarantineSession(manifest).list(query)
        try shared.tell(report, report.table)
    }
}

/// `penstock quarantine show`.
struct ShowQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show all that is known of refused rows.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Numbers of rows.", valueName: "id"))
    var ids: [Int64]

    func run() async throws {
        let report = try await QuarantineSession(try shared.manifest(runsCode: false)).list(.rows(ids))
        try shared.tell(report, report.details)
        let missing = ids.filter { id in !report.rows.contains { $0.id == id } }
        guard missing.isEmpty else {
            throw HostError(
                exitCode: 1,
                "quarantine: there is no row \(missing.map(String.init).joined(separator: ", ")). "
                    + "`penstock quarantine list` shows which there are.")
        }
    }
}

/// `penstock quarantine release`.
struct ReleaseQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Accept refused bars after all.",
        discussion: """
            Each is stored beside what came, and reaches the sinks flagged 'revised': at once where its pipeline runs, at the \
            next start otherwise. What was computed meanwhile stays as it is.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var chosen: ChosenRows

    func run() async throws { try await chosen.act(.release, shared) }
}

/// `penstock quarantine delete`.
struct DeleteQuarantine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Forget refused rows; their space is used again.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var chosen: ChosenRows

    func run() async throws { try await chosen.act(.delete, shared) }
}
