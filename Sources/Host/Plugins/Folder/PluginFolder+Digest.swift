extension PluginFolder {
    /// Returns the digest of everything in a plugin's folder, as `plugins.lock` pins it.
    package static func digest(of folder: String) throws(PluginFault) -> ContentDigest {
        try FolderDigest.compute(folder)
    }
}
