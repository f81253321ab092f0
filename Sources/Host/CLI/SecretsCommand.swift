import ArgumentParser
import Glibc
import HostApp
import HostManifest
import HostSecurity
import PluginKit

/// `penstock secrets`: what `${secret:NAME}` reads, encrypted.
struct SecretsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Set, list and remove the secrets in the encrypted file beside the manifest.",
        discussion: """
            ${secret:NAME} reads the environment, the file secrets/NAME, systemd's credentials, then secrets.vault, then the program that \
            PENSTOCK_SECRETS_COMMAND names, called with NAME. The key of secrets.vault is in PENSTOCK_SECRETS_KEY, in the file \
            PENSTOCK_SECRETS_KEY_FILE, or in the systemd credential penstock-secrets-key. `penstock reload` gives a host that runs \
            what was set.
            """,
        subcommands: [SetSecret.self, ListSecrets.self, RemoveSecret.self, RekeySecrets.self, MakeSecretsKey.self],
        defaultSubcommand: ListSecrets.self)
}

extension SharedOptions {
    /// The file beside the manifest.
    fileprivate func vault() throws -> SecretVault {
        let folder = config.lastIndex(of: "/").map { String(config[..<$0]) } ?? "."
        return try orExit {
            SecretVault(
                folder: folder.isEmpty ? "/" : folder, key: try VaultKey(environment: ProcessEnvironment.all))
        }
    }

    /// Writes what became of a secret to the log of changes. The manifest may wait for further secrets: then any text stands for each.
    fileprivate func log(_ action: String, _ target: String, _ new: String) throws {
        let manifests = [Secrets.places, [.standIn]].lazy.compactMap { places in
            AvailablePlugins.loader(runsCode: false, secrets: places)
                .load(path: config, environment: ProcessEnvironment.all).manifest
        }
        guard let manifest = manifests.first else {
            return Output.warning("secrets: \(config) has faults, so the log of changes does not have this.")
        }
        let who = AuditEntry.Actor(name: VersionSession.user, role: "-", proof: "command", from: "local")
        try orExit { try AuditLog(of: manifest).append(who, AuditEntry.Event(action, target, new: new)) }
    }
}

/// `penstock secrets set`.
struct SetSecret: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a secret to what comes on standard input.",
        discussion:
            "At a terminal it is asked for and not shown. It is no argument, since everybody can read those of a program."
    )

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The NAME of ${secret:NAME}.", valueName: "name"))
    var name: String

    func run() throws {
        let vault = try shared.vault()
        let value = Substitution.trimmed(try Self.input(name))
        let isNew = try orExit { try !vault.set(name, value) }
        try shared.log("secret.set", "secret/\(name)", isNew ? "set" : "replaced")
        try shared.tell(
            ["name": name, "state": isNew ? "set" : "replaced"],
            "\(name) is \(isNew ? "set" : "replaced"). `penstock reload` gives it to a host that runs.\n")
    }

    private static func input(_ name: String) throws -> String {
        let isTerminal = isatty(0) == 1
        if isTerminal { Output.progress("The secret \(name), not shown:") }
        return try withoutEcho(isTerminal) {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 16_384)
            while bytes.count <= SecretVault.valueLimit {
                let count = read(0, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                bytes += chunk[..<count]
                if isTerminal, bytes.last == UInt8(ascii: "\n") { break }
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw HostError(exitCode: 2, "secrets: what came on standard input is not UTF-8.")
            }
            return text
        }
    }

    private static func withoutEcho<Value>(_ isTerminal: Bool, _ body: () throws -> Value) rethrows -> Value {
        var before = termios()
        guard isTerminal, tcgetattr(0, &before) == 0 else { return try body() }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &quiet)
        defer { tcsetattr(0, TCSAFLUSH, &before) }
        return try body()
    }
}

/// `penstock secrets list`.
struct ListSecrets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the names of what is in the file, and when each was set; never a value.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let lines = try orExit { try shared.vault().list() }
        let table = TextTable(header: ["NAME", "SET (UTC)"], rows: lines.map { [$0.name, $0.changed] })
        try shared.tell(
            lines, lines.isEmpty ? "There is no secret. `penstock secrets set NAME` sets one.\n" : table.text)
    }
}

/// `penstock secrets remove`.
struct RemoveSecret: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a secret from the file.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Its name.", valueName: "name"))
    var name: String

    func run() throws {
        try orExit { try shared.vault().remove(name) }
        try shared.log("secret.remove", "secret/\(name)", "removed")
        try shared.tell(["name": name, "state": "removed"], "\(name) is removed.\n")
    }
}

/// `penstock secrets rekey`.
struct RekeySecrets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Encrypt the file with another key.",
        discussion: "It is read with the key that is set now; give hosts the new one before they read it again.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The file of the new key, as `penstock secrets key` makes it.", valueName: "file"))
    var file: String

    func run() throws {
        try orExit { try shared.vault().rekey(try VaultKey(file: file)) }
        try shared.log("secret.rekey", SecretVault.fileName, "another key")
        try shared.tell(
            ["state": "rekeyed"], "\(SecretVault.fileName) is encrypted with the key of \(file) from now on.\n")
    }
}

/// `penstock secrets key`.
struct MakeSecretsKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Write a new key to standard output: umask 077; penstock secrets key > FILE.")

    func run() throws { Output.write(VaultKey.make() + "\n") }
}
