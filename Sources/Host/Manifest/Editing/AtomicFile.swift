import Glibc

/// Writes files so that a reader, or a machine that stops, sees the old content or the new, never a part.
package enum AtomicFile {
    /// Why a file cannot be written; what was there is unchanged.
    package struct Failure: Error, CustomStringConvertible {
        /// Who, what, why, what to do.
        package let description: String
    }

    /// Who may read a file that is written.
    package enum Rights: Sendable {
        /// Those who could before, and nobody else; a new file is for whoever the umask of the process lets.
        case kept
        /// The user of the process alone: for copies of what may hold a secret, whose source may be theirs alone.
        case ownerOnly
    }

    /// Replaces a file's content: temporary file beside it, `fsync`, `rename`. Follows a symbolic link.
    package static func write(_ text: String, to path: String, rights: Rights = .kept) throws(Failure) {
        let target = resolved(path)
        var template = Array("\(target).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let temporary = template.withUnsafeBufferPointer { String(cString: Array($0)) }
        do throws(Failure) {
            try fill(descriptor, with: Array(text.utf8), path: path)
            try give(descriptor, rights, as: target, path: path)
            guard rename(temporary, target) == 0 else { throw failure(path) }
        } catch {
            unlink(temporary)
            throw error
        }
        syncFolder(of: target)
    }

    /// Removes what writers of a file left beside it that were killed; nobody else may be writing it now.
    package static func removeLeftovers(of path: String) {
        guard let slash = path.lastIndex(of: "/"), let folder = opendir(String(path[..<slash])) else { return }
        defer { closedir(folder) }
        let name = path[path.index(after: slash)...] + "."
        while let entry = readdir(folder) {
            let found = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            let ending = found.utf8.dropFirst(name.utf8.count)
            guard found.hasPrefix(name), ending.count == suffixLength, ending.allSatisfy(isSuffix) else { continue }
            unlinkat(dirfd(folder), found, 0)
        }
    }

    /// What `mkstemp` puts in place of the X's.
    private static let suffixLength = 6

    private static func isSuffix(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// The file was made for its owner alone; it gets what its rights say. Where it cannot get the group of the file before,
    /// that group's rights would be another group's: it gets none.
    private static func give(
        _ descriptor: Int32, _ rights: Rights, as target: String, path: String
    ) throws(Failure) {
        var before = stat()
        var mode: mode_t = 0o600
        if case .kept = rights {
            if stat(target, &before) == 0 {
                mode = before.st_mode & 0o7777
                if fchown(descriptor, before.st_uid, before.st_gid) != 0,
                    fchown(descriptor, uid_t.max, before.st_gid) != 0
                {
                    mode &= ~0o070
                }
            } else {
                mode = 0o644 & ~currentMask
            }
        }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure(path) }
    }

    /// The umask of the process, which cannot be asked for without setting it.
    private static let currentMask: mode_t = {
        let mask = umask(0o077)
        umask(mask)
        return mask
    }()

    private static func fill(_ descriptor: Int32, with bytes: [UInt8], path: String) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
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
