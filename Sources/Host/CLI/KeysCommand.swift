import ArgumentParser
import CivilTime
import HostApp
import HostManifest
import HostSecurity
import PluginKit

/// `penstock keys`: who may in.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, list, rotate and revoke the keys that identify callers.",
        discussion: """
            Works on the state folder; a host that runs there goes by it at once. Once there is a key, every request has to show \
            one: 'Authorization: Bearer KEY'. The commands of penstock take it from PENSTOCK_KEY or PENSTOCK_KEY_FILE.
            """,
        subcommands: [CreateKey.self, ListKeys.self, RotateKey.self, RevokeKey.self], defaultSubcommand: ListKeys.self)
}

extension SharedOptions {
    /// The desk of the manifest's state folder, its log of changes, and where it is.
    fileprivate func keyDesk() throws -> (desk: KeyDesk, audit: AuditLog, folder: String) {
        let manifest = try manifest(runsCode: false)
        let folder = manifest.resolve(manifest.host.state)
        return (KeyDesk(stateFolder: folder, roles: manifest.host.security.roles), AuditLog(of: manifest), folder)
    }

    /// Shows a key that was made, the only time.
    fileprivate func tell(_ made: KeyDesk.Made) throws {
        guard !json else { return try Output.json(KeyLine(made.stored, used: nil, key: made.text)) }
        Output.progress(
            "The key of '\(made.stored.name)', role \(made.stored.role), "
                + (made.stored.expires.map { "good until \($0)" } ?? "good until it is revoked")
                + ". It is shown this once; keep it where nobody else can read it.")
        Output.write(made.text + "\n")
    }
}

/// Writes what became of a key to the log of changes.
private func log(_ action: String, _ key: StoredKey, in audit: AuditLog) throws {
    let who = AuditEntry.Actor(name: VersionSession.user, role: "-", proof: "command", from: "local")
    let until = key.expires.map { ", until \($0)" } ?? ""
    let isRevoked = action == "key.revoke"
    try audit.append(
        who,
        AuditEntry.Event(
            action, "key/\(key.id)", old: isRevoked ? "\(key.name), \(key.role)" : nil,
            new: isRevoked ? "revoked" : "\(key.name), \(key.role)\(until)"))
}

/// Carries out work on keys and turns its faults into exit codes.
/// A span on the command line.
struct Span: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }
}

/// What a list says of a key.
private struct KeyLine: Encodable {
    let id: String
    let name: String
    let role: String
    let state: String
    let created: String
    let expires: String?
    let lastUsed: String?
    let key: String?

    init(_ stored: StoredKey, used: Int64?, key: String? = nil) {
        (id, name, role) = (stored.id, stored.name, stored.role)
        state = stored.standing(at: WallClock.now()).rawValue
        (created, expires, self.key) = (stored.created, stored.expires, key)
        lastUsed = used.map { ISO8601.format($0, decimals: 0) }
    }
}

/// `penstock keys create`.
struct CreateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key and show it, this once.",
        discussion: "Roles: reader, trader, model_manager, operator, admin, and those under host.security.roles.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Whose it is: a person or a program.", valueName: "name"))
    var name: String

    @Option(name: .long, help: ArgumentHelp("What it may.", valueName: "role"))
    var role: String

    @Option(
        name: .long, help: ArgumentHelp("How long it is good: 90d; without it, until it is revoked.", valueName: "span")
    )
    var expires: Span?

    func run() throws {
        try orExit {
            let (desk, audit, _) = try shared.keyDesk()
            let made = try desk.create(name: name, role: role, lifetime: expires?.duration)
            try log("key.create", made.stored, in: audit)
            try shared.tell(made)
        }
    }
}

/// `penstock keys list`.
struct ListKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List keys with their role, expiry and last use, the oldest first.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try orExit {
            let (desk, _, folder) = try shared.keyDesk()
            let used = KeyUse(stateFolder: folder).read()
            let keys = try desk.list()
            let lines = keys.map { KeyLine($0, used: used[$0.id]) }
            let rows = lines.map { line in
                [
                    KeyText.shown(line.id), line.name, line.role, line.state, line.created, line.expires ?? "never",
                    line.lastUsed ?? "never",
                ]
            }
            let header = ["KEY", "NAME", "ROLE", "STATE", "CREATED (UTC)", "EXPIRES", "LAST USED"]
            let text =
                rows.isEmpty
                ? "There is no key. `penstock keys create NAME --role admin` makes the first.\n"
                : TextTable(header: header, rows: rows).text
            try shared.tell(lines, text)
        }
    }
}

/// `penstock keys rotate`.
struct RotateKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a name another key with the same role, and show it, this once.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Whose key, or its id.", valueName: "name"))
    var name: String

    @Option(name: .long, help: ArgumentHelp("How long the new one is good.", valueName: "span"))
    var expires: Span?

    @Option(
        name: .long,
        help: ArgumentHelp("How long the old one stays good; without it, it is revoked.", valueName: "span"))
    var grace: Span?

    func run() throws {
        try orExit {
            let (desk, audit, _) = try shared.keyDesk()
            let made = try desk.rotate(name, lifetime: expires?.duration, grace: grace?.duration ?? .zero)
            try log("key.rotate", made.stored, in: audit)
            try shared.tell(made)
        }
    }
}

/// `penstock keys revoke`.
struct RevokeKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a key back: from now on it is refused.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Whose keys, or the id of one.", valueName: "name"))
    var name: String

    func run() throws {
        try orExit {
            let (desk, audit, _) = try shared.keyDesk()
            let revoked = try desk.revoke(name)
            for key in revoked { try log("key.revoke", key, in: audit) }
            let text = revoked.map { "\(KeyText.shown($0.id)) of '\($0.name)' is revoked.\n" }.joined()
            try shared.tell(revoked.map { KeyLine($0, used: nil) }, text)
        }
    }
}
