import FileOutput
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// The days of the log: each that is over is `audit-DAY.log` with its seal, `audit-DAY.seal`.
extension AuditLog {
    /// The content of a file of the log, as it was at one moment.
    struct Part {
        let name: String
        let data: Data

        /// Every whole line: what follows the last line end is nothing, or a line that a kill tore.
        var lines: [[UInt8]] {
            data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Array($0) }
        }
    }

    /// All of the log at one moment.
    struct Snapshot {
        let head: (number: Int, hash: String)?
        /// What of each day's seal is there, by day; `nil` for a file that is no seal.
        let seals: [String: AuditSeal?]
        /// The files of lines, the oldest first.
        let parts: [Part]
    }

    /// Returns the newest lines that match, the oldest of them first.
    package func entries(
        last count: Int = .max, where matches: (AuditEntry) -> Bool = { _ in true }
    ) throws(PluginError) -> [AuditEntry] {
        var found: [AuditEntry] = []
        for part in try snapshot().parts.reversed() {
            for line in part.lines.reversed() {
                guard found.count < count else { return found.reversed() }
                if let entry = AuditEntry.read(line), matches(entry) { found.append(entry) }
            }
        }
        return found.reversed()
    }

    /// Gives every whole line as it stands, the oldest first.
    package func export(_ body: (String) -> Void) throws(PluginError) {
        for part in try snapshot().parts { for line in part.lines { body(String(decoding: line, as: UTF8.self)) } }
    }

    /// Takes all of it at one moment; files are mapped, and what is moved or grows meanwhile changes nothing of them.
    func snapshot() throws(PluginError) -> Snapshot {
        guard FilePaths.isFolder(folder) else { return Snapshot(head: nil, seals: [:], parts: []) }
        // Whoever may only read goes without the lock.
        let lock = open(path("audit.lock"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        defer { if lock >= 0 { close(lock) } }
        if lock >= 0 { flock(lock, LOCK_SH) }
        let head = head
        var parts: [Part] = []
        for name in dayNames(".log").map({ "audit-\($0).log" }) + [Self.current] where FilePaths.exists(path(name)) {
            guard let data = try? Data(contentsOf: URL(filePath: path(name)), options: .mappedIfSafe) else {
                throw fault("read", name)
            }
            parts.append(Part(name: name, data: data))
        }
        let seals = dayNames(".seal").map { ($0, seal(of: $0)) }
        return Snapshot(head: head, seals: Dictionary(seals, uniquingKeysWith: { $1 }), parts: parts)
    }

    /// The seal of the last day that has one.
    var newestSeal: AuditSeal? { dayNames(".seal").last.flatMap { seal(of: $0) } }

    /// Moves the lines up to `last` to a file of their day where that is over; returns whether it did.
    ///
    /// The seal is written first: a kill before the move leaves a seal of lines that stand in `audit.log` still, and the next call
    /// does both again.
    func seal(after last: AuditEntry, today: String) throws(PluginError) -> Bool {
        let day = String(last.time.prefix(10))
        // Where the clock was set back, the lines wait for a day that has no file yet.
        guard day < today, day > dayNames(".log").last ?? "" else { return false }
        guard let first = try firstEntry() else {
            throw PluginError(
                .corrupted,
                "audit: the first line of \(PluginError.quoted(path(Self.current))) is none of this log, and the day is not sealed. "
                    + "`penstock audit verify` says more; move the file away to go on after it.")
        }
        let seal = try AuditSeal(day: day, first: first.number, last: last.number, hash: last.hash, signedBy: key)
        try write(seal.text, to: "audit-\(day).seal")
        guard rename(path(Self.current), path("audit-\(day).log")) == 0 else { throw fault("moved") }
        return true
    }

    private func seal(of day: String) -> AuditSeal? {
        (try? SmallFile.read(path("audit-\(day).seal"), limit: 4_096)).flatMap { AuditSeal($0) }
    }

    private func firstEntry() throws(PluginError) -> AuditEntry? {
        guard let data = try? Data(contentsOf: URL(filePath: path(Self.current)), options: .mappedIfSafe) else {
            throw fault("read")
        }
        return AuditEntry.read(data.prefix { $0 != UInt8(ascii: "\n") })
    }

    /// The days of which there is a file with an ending, sorted.
    private func dayNames(_ ending: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var days: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            guard name.hasPrefix("audit-"), name.hasSuffix(ending) else { continue }
            days.append(String(name.dropFirst(6).dropLast(ending.count)))
        }
        return days.filter(Self.isDay).sorted()
    }

    private static func isDay(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [4, 2, 2]
            && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
