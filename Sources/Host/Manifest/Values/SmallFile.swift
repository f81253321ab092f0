import Glibc

/// Reads small files whole; never waits on a pipe or a device.
package enum SmallFile {
    /// Why a file cannot be read.
    package struct Failure: Error {
        /// Whether there is no such file.
        package let isMissing: Bool
        /// The reason in words: `No such file or directory`.
        package let reason: String
    }

    /// Returns the bytes of a regular file of at most `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw systemFailure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemFailure() }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(isMissing: false, reason: "it is no regular file")
        }
        guard status.st_size <= limit else {
            throw Failure(isMissing: false, reason: "it has \(status.st_size) bytes; allowed \(limit)")
        }
        return try bytes(descriptor, limit: limit)
    }

    private static func bytes(_ descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while content.count <= limit {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return content }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw systemFailure()
            }
            content.append(contentsOf: chunk[..<count])
        }
        throw Failure(isMissing: false, reason: "it grew beyond \(limit) bytes")
    }

    private static func systemFailure() -> Failure {
        let code = errno
        return Failure(isMissing: code == ENOENT || code == ENOTDIR, reason: String(cString: strerror(code)))
    }
}
