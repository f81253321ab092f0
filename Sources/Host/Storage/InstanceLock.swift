import FileOutput
import Glibc
package import PluginKit

/// Keeps a second process out of a state folder: an advisory lock (`flock`) on `<folder>/lock`, and one on the folder itself,
/// which holds where that file was deleted. A file system that locks no folders has the file's alone.
///
/// The system gives the lock back when the process ends, however it ends; the file itself stays. Children do not
/// inherit it.
package final class InstanceLock: Sendable {
    private let descriptor: Int32
    /// The folder; -1 where it cannot be locked.
    private let folder: Int32

    /// Takes the lock, creating the folder where it is missing; throws `.environment` at once where another has it.
    package init(stateFolder: String) throws(PluginError) {
        try FilePaths.makeFolder(stateFolder, who: "state folder")
        let path = "\(stateFolder)/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SystemFault.error(errno, who: "state folder", action: "opened", path: path)
        }
        let folder = open(stateFolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0,
            folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        else {
            let fault = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            if folder >= 0 { close(folder) }
            guard fault == EWOULDBLOCK else {
                throw SystemFault.error(fault, who: "state folder", action: "locked", path: path)
            }
            throw PluginError(
                .environment,
                "state folder: another penstock\(holder) uses \(PluginError.quoted(stateFolder)). Stop it, or give this "
                    + "one its own 'host.state'.")
        }
        self.descriptor = descriptor
        self.folder = folder
        Self.record(descriptor)
    }

    deinit {
        // A child that is about to begin may still have the descriptor: closing alone would leave the lock to it.
        for held in [descriptor, folder] where held >= 0 {
            flock(held, LOCK_UN)
            close(held)
        }
    }

    /// Whether a process holds the lock of a state folder; takes nothing, makes nothing.
    package static func isHeld(stateFolder: String) -> Bool {
        ["\(stateFolder)/lock", stateFolder].contains { path in
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
            flock(descriptor, LOCK_UN)
            return false
        }
    }

    /// Writes this process's number into the file, for the other's message; the lock holds without it too.
    private static func record(_ descriptor: Int32) {
        _ = ftruncate(descriptor, 0)
        _ = DescriptorWriter.write(Array("\(getpid())\n".utf8), to: descriptor)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return "" }
        let digits = bytes.prefix(count).prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        return digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
    }
}
