import ArgumentParser
import HostApp
import HostManifest
import HostSecurity
import PluginKit

/// `penstock audit`: who changed what.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show, verify or export the log of changes.",
        discussion: """
            Every change, login and refused request is a line of security/audit.log in the state folder, and holds the hash of the \
            line before. Note the hash that `verify` prints somewhere else: `verify --noted HASH` proves later that nothing up \
            to it was changed.
            """,
        subcommands: [ShowAudit.self, VerifyAudit.self, ExportAudit.self], defaultSubcommand: ShowAudit.self)
}

extension SharedOptions {
    /// The log of the manifest's state folder.
    fileprivate func auditLog() throws -> AuditLog {
        let manifest = try manifest(runsCode: false)
        return AuditLog(stateFolder: manifest.resolve(manifest.host.state))
    }
}

private func onAudit<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as PluginError {
        throw HostError(exitCode: error.exitCode, error.message)
    }
}

/// Which lines.
struct AuditFilter: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Lines by this name only.", valueName: "name"))
    var who: String?

    @Option(name: .long, help: ArgumentHelp("Lines of this action only, as config.reload.", valueName: "action"))
    var action: String?

    @Option(name: .long, help: ArgumentHelp("Lines with this result only: done, refused, failed.", valueName: "result"))
    var result: String?

    func matches(_ entry: AuditEntry) -> Bool {
        (who == nil || entry.who == who) && (action == nil || entry.action == action)
            && (result == nil || entry.result == result)
    }
}

/// `penstock audit show`.
struct ShowAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the newest lines, the newest last.")

    @OptionGroup var shared: SharedOptions
    @OptionGroup var filter: AuditFilter

    @Option(name: .long, help: ArgumentHelp("Most lines.", valueName: "count"))
    var last = 50

    func validate() throws {
        guard last > 0 else { throw ValidationError("'--last' is \(last); allowed 1 or more.") }
    }

    func run() throws {
        try onAudit {
            let entries = try shared.auditLog().entries(last: last, where: filter.matches)
            let rows = entries.map { entry in
                let change = [entry.old, entry.new].compactMap { $0 }.joined(separator: " -> ")
                return [
                    "\(entry.number)", entry.time, entry.who, entry.from, entry.action, entry.target, entry.result,
                    change + (entry.reason.map { " (\($0))" } ?? ""),
                ].map { PluginError.shown($0, limit: 300) }
            }
            let header = ["NO", "TIME (UTC)", "WHO", "FROM", "ACTION", "TARGET", "RESULT", "CHANGE"]
            let text =
                rows.isEmpty
                ? "Nothing that was logged matches.\n" : TextTable(header: header, rows: rows, isRight: [true]).text
            try shared.tell(entries, text)
        }
    }
}

/// `penstock audit verify`.
struct VerifyAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Say whether the log is as it was written; exit 1 where it is not.")

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: ArgumentHelp("A hash that `verify` printed before.", valueName: "hash"))
    var noted: String?

    func run() throws {
        let verdict = try onAudit { try shared.auditLog().verify(noted: noted) }
        let found = verdict.damage.map { "line \($0.line): \($0.message).\n" }.joined()
        try shared.tell(
            verdict,
            verdict.isGood
                ? "\(verdict.lines) lines, none changed, removed or moved. The last has the hash\n\(verdict.head)\n"
                : found)
        guard verdict.isGood else {
            throw HostError(
                exitCode: 1,
                "audit: the log is not as it was written: \(verdict.damage.count) lines are to be looked at.")
        }
    }
}

/// `penstock audit export`.
struct ExportAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all lines as they are, a JSON object each.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try onAudit { for line in try shared.auditLog().export() { Output.write(line + "\n") } }
    }
}
