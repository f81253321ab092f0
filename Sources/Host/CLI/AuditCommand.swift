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
            line before. A day that is over (UTC) is a file of its own, audit-DAY.log, with a seal; show, verify and export go \
            through all of them. Note the hash that `verify` prints somewhere else: `verify --noted HASH` proves later that \
            nothing up to it was changed.
            """,
        subcommands: [ShowAudit.self, VerifyAudit.self, ExportAudit.self], defaultSubcommand: ShowAudit.self)
}

extension SharedOptions {
    /// The log of the manifest's state folder.
    fileprivate func auditLog() throws -> AuditLog {
        AuditLog(of: try manifest(runsCode: false))
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
        try orExit {
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

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A public key, PEM, that seals are signed with; one has to be, and none with another. May be repeated.",
            valueName: "file"))
    var key: [String] = []

    func run() throws {
        let verdict = try orExit { () throws in
            let log = try shared.auditLog()
            var keys = try key.map { try SealKey.publicText(ofFile: $0) }
            // Whoever verifies without the private key, as another user, gives the public one.
            if let own = try? log.key?.publicText() { keys.append(own) }
            return try log.verify(noted: noted, keys: keys, isSigned: !key.isEmpty)
        }
        try shared.tell(verdict, verdict.isGood ? Self.good(verdict) : verdict.damage.map { $0.text + "\n" }.joined())
        guard verdict.isGood else {
            throw HostError(
                exitCode: 1,
                "audit: the log is not as it was written: \(verdict.damage.count) lines are to be looked at.")
        }
    }

    private static func good(_ verdict: AuditVerdict) -> String {
        let days = verdict.seals == 1 ? "1 day is" : "\(verdict.seals) days are"
        return "\(verdict.lines) lines, none changed, removed or moved; \(days) sealed, \(verdict.signed) signed. "
            + "The last has the hash\n\(verdict.head)\n"
    }
}

/// `penstock audit export`.
struct ExportAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all lines as they are, a JSON object each.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try orExit { try shared.auditLog().export { Output.write($0 + "\n") } }
    }
}
