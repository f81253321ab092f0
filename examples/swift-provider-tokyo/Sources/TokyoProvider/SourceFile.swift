import Glibc
import PluginKit

/// Reads a file whole.
enum SourceFile {
    private static let limit = 64 << 20

    /// Returns the bytes of a regular file; throws `.notFound` where there is none, `.environment` where it is unreadable.
    static func read(_ path: String, instance: String) throws(PluginError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw PluginError(
                errno == ENOENT ? .notFound : .environment,
                "\(instance): there is no file \(PluginError.quoted(path)) to read (\(reason)). Check 'path'.")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
            throw PluginError(
                .environment,
                "\(instance): \(PluginError.quoted(path)) is no regular file of at most 64 MiB. Check 'path'.")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0, bytes.count <= limit else {
                throw PluginError(.environment, "\(instance): \(PluginError.quoted(path)) was not read to its end.")
            }
            bytes += chunk[..<count]
        }
    }
}
