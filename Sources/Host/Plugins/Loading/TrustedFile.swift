import Glibc
import PluginKit

/// Reads files whose content will run: only regular ones that nobody but their owner can change.
enum TrustedFile {
    /// Returns the bytes of a file; refuses one that group or others may write, or that is longer than `limit`.
    static func read(_ path: String, limit: Int) throws(PluginFault) -> [UInt8] {
        let name = PluginError.quoted(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw PluginFault(.file, "\(name): it is no regular file. Name the plugin's library.")
        }
        try checkOwner(status, name)
        guard status.st_size <= limit else {
            throw PluginFault(
                .file, "\(name): it has \(status.st_size) bytes; allowed \(limit). Check that the path is right.")
        }
        return try FileBytes.read(descriptor, count: Int(status.st_size), name: name)
    }

    private static func checkOwner(_ status: stat, _ name: String) throws(PluginFault) {
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw PluginFault(
                .writableByOthers,
                "\(name): others than its owner can change it (mode \(mode)); allowed at most 755. Run `chmod go-w` on "
                    + "it.")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw PluginFault(
                .writableByOthers,
                "\(name): it belongs to the user \(status.st_uid); allowed the host's own user and root. Install the "
                    + "plugin as the host's user.")
        }
    }

    private static func failure(_ name: String) -> PluginFault {
        PluginFault(.file, "\(name): it cannot be read: \(String(cString: strerror(errno))). Check the path.")
    }
}

/// Reads open files.
enum FileBytes {
    /// Returns `count` bytes from the start, fewer where the file is shorter.
    static func read(_ descriptor: Int32, count: Int, name: String) throws(PluginFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled)
            }
            if got == 0 { break }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw PluginFault(.file, "\(name): it cannot be read: \(String(cString: strerror(errno))). Try again.")
            }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}
