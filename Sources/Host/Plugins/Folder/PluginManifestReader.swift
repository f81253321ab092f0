import Glibc
import HostManifest
import PluginKit

/// Turns `plugin.yaml` into a manifest; collects every fault before it refuses.
struct PluginManifestReader {
    private let folder: String?
    private let name: String
    private let isDraft: Bool

    private static let keys =
        ["id", "version", "summary", "stability", "tier", "library", "command", "served_by", "permissions"]
        + DescriptorReader.keys

    /// Reads the manifest of a folder; `nil` for a text without one.
    ///
    /// - Parameter isDraft: whether the description of the plugin may be missing or wrong.
    init(folder: String?, name: String? = nil, isDraft: Bool = false) {
        self.folder = folder
        self.isDraft = isDraft
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
        let program = program(&fields)
        let servedBy = servedBy(id, &fields)
        let permissions = PermissionReader(name: Self.shown(name)).permissions(&fields)
        let descriptor = isDraft ? id.map(Self.draft) : DescriptorReader(name: Self.shown(name)).descriptor(&fields)
        if let id, let program, let descriptor, fields.faults.isEmpty {
            return PluginManifest(
                id: id, descriptor: descriptor, program: program, permissions: permissions, servedBy: servedBy)
        }
        let faults = fields.faults.enumerated().filter { place, text in !fields.faults[..<place].contains(text) }
        throw PluginFault(.manifest, faults.map(\.element).joined(separator: "\n"))
    }

    private static func draft(_ id: PluginIdentifier) -> PluginDescriptor {
        PluginDescriptor(kind: id.kind, name: id.name, summary: "", schema: ConfigurationSchema([]))
    }

    private func servedBy(_ id: PluginIdentifier?, _ fields: inout PluginFields) -> String? {
        guard id?.kind == .model else {
            fields.refuse("served_by", "only a model is served by another")
            return nil
        }
        return fields.has("served_by") ? fields.text("served_by", limit: 64) : nil
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
            if let climbing = words.first(where: { $0.split(separator: "/").contains("..") }) {
                fields.fault(
                    "command",
                    "'command' has \(PluginError.quoted(climbing)); allowed paths inside the plugin's folder, without '..'. "
                        + "Move the file there.")
                return nil
            }
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

    /// A path as messages name it: nothing in it steers a terminal.
    private static func shown(_ path: String) -> String { String(PluginError.quoted(path).dropFirst().dropLast()) }
}
