import CivilTime
import FileOutput
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// `security/audit.log` in the state folder: every change, one line each, in a chain; it only grows.
///
/// Host and command line write it both: each append takes a lock, goes on after the line that is last then, and is on the disk when
/// it returns. `audit.head` beside it names the last line, so that lines cut from the end are missed too. A process that was killed
/// leaves a line in pieces, which the next append cuts off, or a head that is one line behind, which is no fault.
package struct AuditLog: Sendable {
    /// The file.
    package let path: String
    private let folder: String
    private let headPath: String
    private let now: @Sendable () -> Int64

    /// Names the log of a state folder.
    package init(stateFolder: String, now: @escaping @Sendable () -> Int64 = { WallClock.now() }) {
        folder = "\(stateFolder)/security"
        path = "\(folder)/audit.log"
        headPath = "\(folder)/audit.head"
        self.now = now
    }

    /// Adds a line and returns it.
    @discardableResult
    package func append(_ who: AuditEntry.Actor, _ event: AuditEntry.Event) throws(PluginError) -> AuditEntry {
        try FilePaths.makeFolder(folder, who: "audit")
        chmod(folder, 0o700)
        let lock = try opened("\(folder)/audit.lock", O_RDWR | O_CREAT)
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw fault("locked") }
        let file = try opened(path, O_RDWR | O_CREAT | O_APPEND)
        defer { close(file) }
        let last = try cutTornLine(file)
        let line = AuditEntry.line(
            (last?.number ?? 0) + 1, now(), who, event, after: last?.hash ?? AuditEntry.beginning)
        let outcome = DescriptorWriter.write(line + [UInt8(ascii: "\n")], to: file)
        guard outcome.fault == 0, fdatasync(file) == 0, let entry = AuditEntry.read(line) else {
            throw fault("written")
        }
        do throws(AtomicFile.Failure) {
            try AtomicFile.write("\(entry.number) \(entry.hash)\n", to: headPath, rights: .ownerOnly)
        } catch {
            throw PluginError(.environment, "audit: \(error.description)")
        }
        return entry
    }

    /// Returns the newest lines that match, the oldest of them first.
    package func entries(
        last count: Int = .max, where matches: (AuditEntry) -> Bool = { _ in true }
    ) throws(PluginError)
        -> [AuditEntry]
    {
        var found: [AuditEntry] = []
        for line in try lines().reversed() {
            guard found.count < count else { break }
            if let entry = AuditEntry.read(line), matches(entry) { found.append(entry) }
        }
        return found.reversed()
    }

    /// Returns every whole line as it stands.
    package func export() throws(PluginError) -> [String] { try lines().map { String(decoding: $0, as: UTF8.self) } }

    /// Returns every whole line; none where there is no log.
    func lines() throws(PluginError) -> [[UInt8]] {
        guard FilePaths.exists(path) else { return [] }
        guard let data = try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) else { throw fault("read") }
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        // What follows the last line end is nothing, or a line that a kill tore.
        lines.removeLast()
        return lines
    }

    /// What the head says was last: a number and its hash; `nil` where there is none.
    var head: (number: Int, hash: String)? {
        guard let bytes = try? SmallFile.read(headPath, limit: 4_096) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let number = Int(words[0]) else { return nil }
        return (number, String(words[1]))
    }

    /// Cuts what follows the last line end, and returns the last line.
    private func cutTornLine(_ file: Int32) throws(PluginError) -> AuditEntry? {
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0 else { return nil }
        // A line is at most some thousand bytes; one that is longer is none of ours.
        let start = max(0, size - 65_536)
        var tail = [UInt8](repeating: 0, count: size - start)
        guard pread(file, &tail, tail.count, off_t(start)) == tail.count else { throw fault("read") }
        let whole = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        if whole < tail.count, ftruncate(file, off_t(start + whole)) != 0 { throw fault("repaired") }
        let lines = tail[..<whole].split(separator: UInt8(ascii: "\n"))
        guard let last = lines.last else { return nil }
        guard let entry = AuditEntry.read(last) else {
            throw PluginError(
                .corrupted,
                "audit: the last line of \(PluginError.quoted(path)) is none of this log. `penstock audit verify` says more; move the "
                    + "file away to begin another.")
        }
        return entry
    }

    private func opened(_ path: String, _ flags: Int32) throws(PluginError) -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemFault.error(errno, who: "audit", action: "opened", path: path) }
        return descriptor
    }

    private func fault(_ action: String) -> PluginError {
        SystemFault.error(errno, who: "audit", action: action, path: path)
    }
}
