import FileOutput
import FoundationEssentials
import HostManifest
import PluginKit

/// Keeps what providers of files list, in the state folder, so that a start does not read a whole file for its instruments again.
///
/// A list is good for the very files it was read from: their names, sizes, numbers and times stand with it, as digest. What
/// cannot be read is as good as none, and what cannot be written is asked for again.
struct KeptLists: Sendable {
    private let folder: String

    init(stateFolder: String) { folder = "\(stateFolder)/listed" }

    /// Returns what a provider listed of the same files; `nil` where that is not known.
    func list(of provider: String, digest: String) -> [Instrument]? {
        guard let bytes = FileManager.default.contents(atPath: path(provider)) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == Self.head(digest, lines.count - 1)[...] else { return nil }
        let list = lines.dropFirst().compactMap(Self.instrument)
        return list.count == lines.count - 1 ? list : nil
    }

    /// Keeps what a provider lists.
    func keep(_ list: [Instrument], of provider: String, digest: String) {
        let lines = [Self.head(digest, list.count)] + list.map { "\($0.code) \($0.venue)" }
        guard (try? FilePaths.makeFolder(folder, who: "host")) != nil else { return }
        try? AtomicFile.write(lines.joined(separator: "\n"), to: path(provider))
    }

    private func path(_ provider: String) -> String { "\(folder)/\(provider)" }

    private static func head(_ digest: String, _ count: Int) -> String { "\(digest) \(count)" }

    private static func instrument(_ line: Substring) -> Instrument? {
        guard let space = line.lastIndex(of: " ") else { return nil }
        return Instrument(code: String(line[..<space]), venue: String(line[line.index(after: space)...]))
    }
}
