import FoundationEssentials
import HostManifest
package import HostPlugins
import PluginKit
package import PluginKitTesting

/// The levels plugins earned here, each with the digest of the content that earned it.
package struct ConformanceLevels: Sendable {
    private struct Entry: Decodable {
        let digest: String
        let level: String
    }

    private let folder: String

    /// Names the folder of the records; it need not exist.
    package init(folder: String) { self.folder = folder }

    /// The records beside the installed plugins of a plugin folder.
    package static func beside(_ plugins: PluginFolder) -> ConformanceLevels {
        ConformanceLevels(folder: "\(plugins.path)/.conformance")
    }

    /// Keeps a report, in place of an earlier one of the same plugin.
    ///
    /// - Parameter digest: of the content that was tested.
    package func keep(_ report: ConformanceReport, digest: String) throws(PluginFault) {
        let text = "{\"digest\":\"\(digest)\",\"level\":\"\(report.level.rawValue)\",\"report\":\(report.json)}\n"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try AtomicFile.write(text, to: path(report.plugin))
        } catch {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): the report cannot be kept: \(error). Check the permissions.")
        }
    }

    /// Returns the level a plugin earned; `nil` where it was not tested, or its content is another now.
    package func level(of id: String, digest: String) -> ConformanceReport.Level? {
        guard let data = FileManager.default.contents(atPath: path(id)), data.count <= 4 << 20,
            let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.digest == digest
        else { return nil }
        return ConformanceReport.Level(rawValue: entry.level)
    }

    private func path(_ id: String) -> String { "\(folder)/\(id.replacing("/", with: "-")).json" }
}
