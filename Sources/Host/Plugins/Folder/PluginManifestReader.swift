import Glibc
import HostManifest
import PluginKit

/// Turns `plugin.yaml` into a manifest; collects every fault before it refuses.
struct PluginManifestReader {
    private let folder: String?
    private let name: String

    private static let keys = [
        "id", "version", "summary", "stability", "tier", "library", "command", "options", "permissions",
    ]

    /// Reads the manifest of a folder; `nil` for a text without one.
    init(folder: String?, name: String? = nil) {
        self.folder = folder
        self.name = name ?? "\(folder ?? ".")/\(PluginManifest.fileName)"
    }

    func read() throws(PluginFault) -> PluginManifest {
        guard let folder else { throw PluginFault(.manifest, "\(name): there is no folder to read it from.") }
        let path = "\(folder)/\(PluginManifest.fileName)"
        try PathCheck(folder: folder).check(PluginManifest.fileName, as: "the manifest", name: name)
        do {
            let root = try YAMLFile.read(path, name: Self.shown(name), limit: PluginManifest.sizeLimit)
            return try manifest(root)
        } catch let failure as YAMLFile.Failure {
            throw PluginFault(.manifest, failure.description)
        } catch let fault as PluginFault {
            throw fault
        } catch {
            throw PluginFault(.manifest, "\(name): \(error)")
        }
    }

    func parse(_ text: [UInt8]) throws(PluginFault) -> PluginManifest {
        guard text.count <= PluginManifest.sizeLimit else {
            throw PluginFault(
                .manifest,
                "\(name): it has \(text.count) bytes; allowed \(PluginManifest.sizeLimit). Check that it is a plugin's."
            )
        }
        do {
            return try manifest(try YAMLFile.tree(of: text, name: Self.shown(name)))
        } catch let failure as YAMLFile.Failure {
            throw PluginFault(.manifest, failure.description)
        } catch let fault as PluginFault {
            throw fault
        } catch {
            throw PluginFault(.manifest, "\(name): \(error)")
        }
    }

    private func manifest(_ root: YAMLNode) throws(PluginFault) -> PluginManifest {
        var fields = PluginFields(root, name: Self.shown(name), known: Self.keys)
        let id = fields.identifier()
        let version = fields.text("version", limit: 64) ?? ""
        let summary = fields.text("summary", limit: 400) ?? ""
        let stability = fields.word("stability", default: Stability.experimental)
        let program = program(&fields)
        let options = options(&fields)
        let permissions = permissions(&fields)
        if let id, let program, fields.faults.isEmpty {
            return PluginManifest(
                id: id, version: version, summary: summary, stability: stability, program: program, options: options,
                permissions: permissions)
        }
        throw PluginFault(.manifest, fields.faults.joined(separator: "\n"))
    }

    private func program(_ fields: inout PluginFields) -> PluginManifest.Program? {
        switch fields.text("tier", limit: 16) {
        case "dynamic":
            fields.refuse("command", "it belongs to the tier process")
            guard let path = fields.text("library", limit: 512) else { return nil }
            return check(path, as: "the library", at: "library", &fields) ? .library(path) : nil
        case "process":
            fields.refuse("library", "it belongs to the tier dynamic")
            guard let words = fields.list("command", limit: 64), let program = words.first else {
                fields.fault("command", "'command' is missing or empty; allowed a list of texts. Name the program.")
                return nil
            }
            // A bare name is found in PATH; a path must stay in the folder.
            guard program.contains("/") else { return .command(words) }
            return check(program, as: "the command", at: "command", &fields) ? .command(words) : nil
        case let other?:
            fields.fault("tier", "'tier' is \(PluginError.quoted(other)); allowed dynamic and process.")
            return nil
        case nil: return nil
        }
    }

    private func check(_ path: String, as what: String, at key: String, _ fields: inout PluginFields) -> Bool {
        do {
            try PathCheck(folder: folder).check(path, as: what, name: Self.shown(name))
            return true
        } catch {
            fields.fault(key, message: error.message)
            return false
        }
    }

    private func options(_ fields: inout PluginFields) -> [PluginManifest.Option]? {
        fields.mapping("options", limit: 200)?.map { PluginManifest.Option(name: $0.key, summary: $0.text) }
    }

    private func permissions(_ fields: inout PluginFields) -> PluginManifest.Permissions {
        guard var inner = fields.nested("permissions", known: ["network", "files", "environment"]) else {
            return PluginManifest.Permissions()
        }
        let result = PluginManifest.Permissions(
            network: inner.list("network", limit: 100) ?? [], files: inner.list("files", limit: 100) ?? [],
            environment: inner.list("environment", limit: 100) ?? [])
        for host in result.network where !Self.isHost(host) {
            inner.fault("network", "\(PluginError.quoted(host)) is no host; allowed `name` or `name:port`.")
        }
        for name in result.environment where !Self.isVariable(name) {
            inner.fault("environment", "\(PluginError.quoted(name)) is no variable; allowed letters, digits and '_'.")
        }
        fields.adopt(inner)
        return result
    }

    private static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, text.utf8.count <= 260 else { return false }
        if parts.count == 2 {
            guard let port = Int(parts[1]), (1...65_535).contains(port) else { return false }
        }
        return parts[0].utf8.allSatisfy { byte in isAlphanumeric(byte) || byte == 45 || byte == 46 }
    }

    private static func isVariable(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 95 }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// A path as messages name it: nothing in it steers a terminal.
    private static func shown(_ path: String) -> String { String(PluginError.quoted(path).dropFirst().dropLast()) }
}
