import CivilTime
import FileOutput
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// `security/audit.log` in the state folder: every change, one line each, in a chain; it only grows. A day that is over is sealed and
/// moved to a file of its own, and the chain goes on in the next.
///
/// Host and command line write it both: each append takes a lock, goes on after the line that is last then, and is on the disk when
/// it returns. `audit.head` beside it names the last line, so that lines cut from the end are missed too. A process that was killed
/// leaves a line in pieces, which the next append cuts off, or a head that is behind, which is no fault.
package struct AuditLog: Sendable {
    /// The file of the day that is not over.
    static let current = "audit.log"

    /// Where all of it is.
    let folder: String
    /// What seals are signed with; `nil` for nothing.
    package let key: SealKey?
    private let now: @Sendable () -> Int64

    /// Names the log of a state folder.
    package init(
        stateFolder: String, key: SealKey? = nil, now: @escaping @Sendable () -> Int64 = { WallClock.now() }
    ) {
        folder = "\(stateFolder)/security"
        self.key = key
        self.now = now
    }

    /// Adds a line and returns it.
    ///
    /// - Parameter isDurable: whether it is on the disk when this returns; else a machine that stops may lose it.
    @discardableResult
    package func append(
        _ who: AuditEntry.Actor, _ event: AuditEntry.Event, isDurable: Bool = true
    ) throws(PluginError) -> AuditEntry {
        try locked { () throws(PluginError) in
            var file = try opened(path(Self.current), O_RDWR | O_CREAT | O_APPEND)
            defer { close(file) }
            var last = try cutTornLine(file)
            // A day that cannot be sealed keeps no change from being logged: the next try seals it.
            if let entry = last, (try? seal(after: entry, today: today)) == true {
                let next = try opened(path(Self.current), O_RDWR | O_CREAT | O_APPEND)
                close(file)
                (file, last) = (next, nil)
            }
            let before = last.map { ($0.number, $0.hash) } ?? newestSeal.map { ($0.last, $0.hash) } ?? (0, beginning)
            // Where lines were cut off, it goes on after what was last: the gap stays to be seen.
            let previous = head.map { $0.number > before.0 ? ($0.number, $0.hash) : before } ?? before
            let line = AuditEntry.line(previous.0 + 1, now(), who, event, after: previous.1)
            let outcome = DescriptorWriter.write(line + [UInt8(ascii: "\n")], to: file)
            guard outcome.fault == 0, !isDurable || fdatasync(file) == 0, let entry = AuditEntry.read(line) else {
                throw fault("written")
            }
            if isDurable { try write("\(entry.number) \(entry.hash)\n", to: "audit.head") }
            return entry
        }
    }

    /// Seals the last day where it is over; returns whether it did.
    @discardableResult
    package func sealIfOver() throws(PluginError) -> Bool {
        guard FilePaths.exists(path(Self.current)) else { return false }
        return try locked { () throws(PluginError) in
            let file = try opened(path(Self.current), O_RDWR)
            defer { close(file) }
            guard let last = try cutTornLine(file) else { return false }
            return try seal(after: last, today: today)
        }
    }

    /// What the head says was last: a number and its hash; `nil` where there is none.
    var head: (number: Int, hash: String)? {
        guard let bytes = try? SmallFile.read(path("audit.head"), limit: 4_096) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let number = Int(words[0]) else { return nil }
        return (number, String(words[1]))
    }

    /// Returns the path of a file of the log.
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Carries out work while nobody else writes.
    func locked<Value>(_ body: () throws(PluginError) -> Value) throws(PluginError) -> Value {
        try FilePaths.makeFolder(folder, who: "audit")
        chmod(folder, 0o700)
        let lock = try opened(path("audit.lock"), O_RDWR | O_CREAT)
        defer { close(lock) }
        guard flock(lock, LOCK_EX) == 0 else { throw fault("locked") }
        return try body()
    }

    /// Replaces a small file of the log.
    func write(_ text: String, to name: String) throws(PluginError) {
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(text, to: path(name), rights: .ownerOnly)
        } catch {
            throw PluginError(.environment, "audit: \(error.description)")
        }
    }

    private var beginning: String { AuditEntry.beginning }

    private var today: String { String(ISO8601.format(now(), decimals: 0).prefix(10)) }

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
                "audit: the last line of \(PluginError.quoted(path(Self.current))) is none of this log. `penstock audit verify` "
                    + "says more; move the file away to go on after it.")
        }
        return entry
    }

    private func opened(_ path: String, _ flags: Int32) throws(PluginError) -> Int32 {
        let descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemFault.error(errno, who: "audit", action: "opened", path: path) }
        return descriptor
    }

    func fault(_ action: String, _ name: String = AuditLog.current) -> PluginError {
        SystemFault.error(errno, who: "audit", action: action, path: path(name))
    }
}
