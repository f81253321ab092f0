import Glibc
import PluginKit

/// Where the copies of libraries lie while they are open.
enum RunFolder {
    /// Writes a copy that only its owner can read; a stale one of an earlier run gives way to a new file.
    static func write(_ bytes: [UInt8], to path: String, folder: String) throws(PluginFault) {
        try FileTree.makeFolders(folder, mode: 0o700)
        unlink(path)
        try FileTree.write(bytes, to: path, mode: 0o500)
    }
}
