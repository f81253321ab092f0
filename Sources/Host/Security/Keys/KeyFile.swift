import FileOutput
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// `security/keys.json` in the state folder, for the host's user alone: what is kept of each key. The command line writes it,
/// a host that runs reads it again when it changes.
package struct KeyFile: Sendable {
    /// What the file holds.
    struct Content: Codable {
        var version = 1
        var keys: [StoredKey] = []
    }

    /// The file.
    package let path: String
    private let folder: String
    private static let sizeLimit = 4 << 20
    /// Keys that are revoked count too: none is forgotten, so that a log's names stay known.
    private static let most = 10_000

    /// Names the file of a state folder.
    package init(stateFolder: String) {
        folder = "\(stateFolder)/security"
        path = "\(folder)/keys.json"
    }

    /// Reads the keys; none where there is no file. Throws `.configuration` where it cannot be understood.
    package func read() throws(PluginError) -> [StoredKey] {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.read(path, limit: Self.sizeLimit)
        } catch {
            guard !error.isMissing else { return [] }
            throw PluginError(
                .environment, "security: \(PluginError.quoted(path)) cannot be read: \(error.reason). Check its rights."
            )
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), content.version == 1,
            content.keys.allSatisfy({ KeyHash($0.hash) != nil }),
            Set(content.keys.map(\.id)).count == content.keys.count
        else {
            throw PluginError(
                .configuration,
                "security: \(PluginError.quoted(path)) is no list of keys of version 1. Put a copy of it back; without it every key "
                    + "has to be made anew.")
        }
        return content.keys
    }

    /// Changes the keys: one process at a time, the whole file at once.
    func change<Value>(_ body: (inout [StoredKey]) throws(PluginError) -> Value) throws(PluginError) -> Value {
        try makeFolder()
        let lock = try lock()
        defer { close(lock) }
        var keys = try read()
        let value = try body(&keys)
        guard keys.count <= Self.most else {
            throw PluginError(.configuration, "security: \(keys.count) keys were made; allowed \(Self.most).")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(Content(keys: keys)), as: UTF8.self) + "\n"
            try AtomicFile.write(text, to: path, rights: .ownerOnly)
        } catch {
            throw PluginError(.environment, "security: \(error)")
        }
        return value
    }

    private func makeFolder() throws(PluginError) {
        try FilePaths.makeFolder(folder, who: "security")
        guard chmod(folder, 0o700) == 0 else {
            throw SystemFault.error(errno, who: "security", action: "closed to others", path: folder)
        }
    }

    private func lock() throws(PluginError) -> Int32 {
        let path = "\(folder)/keys.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw SystemFault.error(errno, who: "security", action: "locked", path: path)
        }
        return descriptor
    }
}
