import Glibc
import HostPlugins
import PluginKit

/// Files of a plugin's author: read whole, with a limit.
enum SampleText {
    /// Returns the bytes of a file.
    static func read(_ path: String, limit: Int) throws(PluginFault) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw fault(path, String(cString: strerror(errno))) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(path, String(cString: strerror(errno))) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw fault(path, "it has more than \(limit) bytes") }
        }
    }

    private static func fault(_ path: String, _ what: String) -> PluginFault {
        PluginFault(
            .file, "\(PluginError.quoted(path)): it cannot be read: \(what). Check the path and its permissions.")
    }
}
