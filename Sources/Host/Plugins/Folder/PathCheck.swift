import Glibc
import PluginKit

/// Checks that a path stays in a plugin's folder: by its text, and by where it leads on disk.
struct PathCheck {
    /// The plugin's folder; `nil` where only the text can be checked.
    let folder: String?

    /// Throws where a path is absolute, climbs, has a control character, or leads through a link.
    ///
    /// - Parameters:
    ///   - path: from the folder.
    ///   - what: what the path is of: `the library`.
    ///   - name: the manifest, as messages name it.
    func check(_ path: String, as what: String, name: String) throws(PluginFault) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let shown = PluginError.quoted(path)
        guard !path.hasPrefix("/"), path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !parts.contains(".."),
            !path.isEmpty
        else {
            throw PluginFault(
                .unsafe,
                "\(name): \(what) is \(shown); allowed a path inside the plugin's folder, without '..'. Move the file "
                    + "there.")
        }
        if let part = parts.first(where: { FileTree.excluded.contains(String($0)) && $0 != ".venv" }) {
            throw PluginFault(
                .unsafe,
                "\(name): \(what) is \(shown), in \(PluginError.quoted(part)), which is not installed or pinned. Copy it "
                    + "to another folder of the plugin.")
        }
        guard let folder else { return }
        let above = parts.indices.dropLast().map { parts[...$0].joined(separator: "/") }
        if let place = above.first(where: { FileTree.isOfTool("\(folder)/\($0)") && !parts.contains(".venv") }) {
            throw PluginFault(
                .unsafe,
                "\(name): \(what) is \(shown), in \(PluginError.quoted(place)), a folder of a tool, which is not installed "
                    + "or pinned. Copy it to another folder of the plugin.")
        }
        try checkLinks(parts.map(String.init), in: folder, what: what, name: name)
    }

    private func checkLinks(_ parts: [String], in folder: String, what: String, name: String) throws(PluginFault) {
        var path = folder
        for part in parts where part != "." && !part.isEmpty {
            path += "/\(part)"
            var status = stat()
            guard lstat(path, &status) == 0 else {
                // The virtual environment is made after the manifest was read, and its python is a link.
                if parts.contains(".venv") { return }
                throw PluginFault(
                    .file,
                    "\(name): \(what) \(PluginError.quoted(path)) is not there: \(String(cString: strerror(errno))). "
                        + "Build the plugin, or correct the path.")
            }
            if part == ".venv" { return }
            guard status.st_mode & S_IFMT != S_IFLNK else {
                throw PluginFault(
                    .unsafe,
                    "\(name): \(what) \(PluginError.quoted(path)) is a link; allowed files inside the plugin's folder. "
                        + "Replace it by the file.")
            }
        }
    }
}
