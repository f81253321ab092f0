/// The digest of everything in a plugin's folder.
enum FolderDigest {
    /// Returns the digest over the sorted paths, the right to execute, and the digests of the contents.
    ///
    /// Folders of tools (`FileTree.excluded`, `FileTree.marks`) are not part of it: what `pip` put into a virtual
    /// environment is not pinned.
    static func compute(_ folder: String) throws(PluginFault) -> ContentDigest {
        var text = "penstock-plugin-digest-1\n"
        for entry in try FileTree.entries(folder) where !entry.isFolder {
            let content = ContentDigest(of: try FileTree.read(entry, root: folder))
            text += "\(content) \(entry.mode & 0o111 == 0 ? "-" : "x") \(entry.path)\n"
        }
        return ContentDigest(of: Array(text.utf8))
    }
}
