import Glibc

/// Writes files so that a reader, or a machine that stops, sees the old content or the new, never a part.
package enum AtomicFile {
    /// Why a file cannot be written; what was there is unchanged.
    package struct Failure: Error, CustomStringConvertible {
        /// Who, what, why, what to do.
        package let description: String
    }

    /// Replaces a file's content: temporary file beside it, `fsync`, `rename`. Keeps the mode; follows a symbolic link.
    package static func write(_ text: String, to path: String) throws(Failure) {
        let target = resolved(path)
        var template = Array("\(target).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(path) }
        let temporary = template.withUnsafeBufferPointer { String(cString: Array($0)) }
        do throws(Failure) {
            try fill(descriptor, with: Array(text.utf8), mode: mode(of: target), path: path)
            guard rename(temporary, target) == 0 else { throw failure(path) }
        } catch {
            unlink(temporary)
            throw error
        }
        syncFolder(of: target)
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0o644
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8], mode: mode_t, path: String) throws(Failure) {
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> Failure {
        let reason = String(cString: strerror(errno))
        return Failure(
            description: "\(path): it cannot be written: \(reason). Check the folder's permissions and space.")
    }
}
