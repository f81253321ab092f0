import CivilTime
import FoundationEssentials
import HostManifest

/// `security/used.json` in the state folder: when each key was used last, to the minute. The host writes it, lists show it.
package struct KeyUse: Sendable {
    private let path: String
    private static let sizeLimit = 4 << 20

    /// Names the file of a state folder.
    package init(stateFolder: String) { path = "\(stateFolder)/security/used.json" }

    /// Returns the time by the key's id; nothing where the file is not there or no such list.
    package func read() -> [String: Int64] {
        guard let bytes = try? SmallFile.read(path, limit: Self.sizeLimit),
            let texts = try? JSONDecoder().decode([String: String].self, from: Data(bytes))
        else { return [:] }
        return texts.compactMapValues { ISO8601.parse($0) }
    }

    /// Writes the times.
    func write(_ times: [String: Int64]) throws(AtomicFile.Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let json = try? encoder.encode(times.mapValues { ISO8601.format($0, decimals: 0) }) else { return }
        try AtomicFile.write(String(decoding: json, as: UTF8.self) + "\n", to: path, rights: .ownerOnly)
    }
}
