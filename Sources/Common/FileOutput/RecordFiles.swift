import Glibc
public import PluginKit

/// The files of one sink: each opened when its first record comes, appended to on restart, rotated by size.
///
/// A file that begins with another header than the one wanted is set aside as `<name>.1`, `<name>.2` ... and a new one
/// begun: nothing is lost and no column is mixed up. Where two headers want the same file in one run, the later one goes
/// to `<stem>-<eight digits>.<ending>`, the digits made from the header, so a restart finds it again.
///
/// Not safe from several tasks at once: keep it inside a lock.
public final class RecordFiles {
    /// Something that was done to a file beside appending: for the log.
    public struct Note: Sendable, Hashable {
        /// What was done; constant.
        public let message: String
        /// The data: file, reason.
        public let data: [String: String]
        /// Whether rows are missing that someone may want.
        public var isLoss = false
    }

    private struct Entry {
        let file: AppendFile
        let header: [UInt8]
        var isDirty = false
    }

    private let who: String
    private let folder: String
    private let rotateBytes: Int?
    private let call: DescriptorWriter.Call
    private var entries: [String: Entry] = [:]
    private var notes: [Note] = []
    /// Whether rows that no `sync` has confirmed were in a file that is gone.
    private var hasLostRows = false
    /// Whether the folder held files before the first was opened.
    private var hadFiles: Bool?
    /// Names of files that were opened.
    private var opened: Set<String> = []
    /// Where the paths of files that were begun are kept.
    private let list: String?

    /// Prepares a folder; it is created with the first record.
    ///
    /// - Parameters:
    ///   - who: begins messages: `sink/keep`.
    ///   - folder: where the files are.
    ///   - rotateBytes: a file this long or longer is set aside and a new one begun; `nil` for never.
    ///   - list: the file where the names of files that were begun are kept, so that one that is gone is told of; `nil` for
    ///     none.
    ///   - call: the call that writes; a test may put its own.
    public init(
        who: String, folder: String, rotateBytes: Int?, list: String? = nil,
        call: @escaping DescriptorWriter.Call = DescriptorWriter.system
    ) {
        self.list = list
        self.who = who
        self.folder = folder
        self.rotateBytes = rotateBytes
        self.call = call
    }

    deinit { close() }

    /// Creates the folder where it is missing; throws `.environment` where no file can be made in it.
    public func probe() throws(PluginError) {
        try FilePaths.makeFolder(folder, who: who)
        guard access(folder, W_OK | X_OK) == 0 else {
            throw SystemFault.error(errno, who: who, action: "written", path: folder)
        }
    }

    /// Whether a file of the folder is missing or without a byte; without a name, whether the folder holds no file.
    public func isEmpty(_ name: String?) -> Bool {
        guard let name else { return FilePaths.isEmptyFolder(folder) }
        return FilePaths.isEmptyFile("\(folder)/\(name)")
    }

    /// Appends whole lines to a file of the folder; all of them or, where it throws, none.
    ///
    /// Throws `.corrupted` once where the file was removed or cut while it was written; the next call begins it anew.
    ///
    /// - Parameters:
    ///   - lines: bytes that end with a line end.
    ///   - name: the file's name.
    ///   - header: the line the file begins with; empty for none.
    public func append(_ lines: [UInt8], to name: String, header: [UInt8] = []) throws(PluginError) {
        guard !lines.isEmpty else { return }
        let key = nameInRun(name, header: header)
        let file = try entry(key, header: header).file
        try checkIsThere(key)
        try file.append(lines, header: header)
        entries[key]?.isDirty = true
        if let rotateBytes, file.size >= rotateBytes { try rotate(key, file) }
    }

    /// Returns when everything appended is on the disk; throws where some of it was in a file that is gone.
    public func sync() throws(PluginError) {
        let dirty = entries.filter(\.value.isDirty)
        var fault: PluginError?
        for key in dirty.keys { do { try checkIsThere(key) } catch { fault = error } }
        if hasLostRows {
            hasLostRows = false
            // All of it is written again: what other files have of it must not be there twice.
            for entry in dirty.values { entry.file.takeBack() }
            throw fault ?? PluginError(.transient, "\(who): rows in a file that is gone are written again.")
        }
        for (key, entry) in dirty {
            try entry.file.sync()
            entries[key]?.isDirty = false
        }
    }

    /// Returns what was done since the last call, for the log.
    public func takeNotes() -> [Note] {
        defer { notes.removeAll() }
        return notes
    }

    /// Closes every file; the next `append` opens them again.
    public func close() {
        for entry in entries.values { entry.file.close() }
        entries.removeAll()
    }

    /// Forgets a file that was removed or cut, and throws what it was.
    private func checkIsThere(_ key: String) throws(PluginError) {
        guard let entry = entries[key] else { return }
        do { try entry.file.checkIsThere() } catch {
            hasLostRows = hasLostRows || entry.isDirty
            entry.file.close()
            entries[key] = nil
            throw error
        }
    }

    private func nameInRun(_ name: String, header: [UInt8]) -> String {
        guard let open = entries[name], open.header != header else { return name }
        var hash: UInt32 = 0x811c_9dc5
        for byte in header { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        let suffix = "-" + String(repeating: "0", count: 8 - digits.count) + digits
        guard let dot = name.lastIndex(of: ".") else { return name + suffix }
        return name[..<dot] + suffix + name[dot...]
    }

    private func entry(_ name: String, header: [UInt8]) throws(PluginError) -> Entry {
        if let open = entries[name] { return open }
        try FilePaths.makeFolder(folder, who: who)
        var file = try open(name)
        if file.size > 0, !header.isEmpty, try file.prefix(header.count) != header {
            try setAside(file, because: "it has other columns")
            file = try open(name)
        }
        let entry = Entry(file: file, header: header)
        entries[name] = entry
        return entry
    }

    private func open(_ name: String) throws(PluginError) -> AppendFile {
        let path = "\(folder)/\(name)"
        let hadFiles = self.hadFiles ?? !FilePaths.isEmptyFolder(folder)
        self.hadFiles = hadFiles
        let isFirst = opened.insert(name).inserted
        // One that was set aside is there under another name.
        let isGone = hadFiles && !FilePaths.exists(path) && !FilePaths.exists("\(path).1")
        if isFirst, wasBegun(path), isGone {
            notes.append(
                Note(
                    message:
                        "a file of an earlier run is gone: what it had is not written again, and the new one begins after "
                        + "it; put it back, or move the others away too to get everything again",
                    data: ["file": path], isLoss: true))
        }
        let file = try AppendFile(path: path, who: who, call: call)
        if file.repairedBytes > 0 {
            notes.append(
                Note(message: "torn last line cut off", data: ["file": path, "bytes": String(file.repairedBytes)]))
        }
        return file
    }

    /// Notes that a file is begun; returns whether an earlier run had begun it.
    private func wasBegun(_ path: String) -> Bool {
        guard let list, let file = try? AppendFile(path: list, who: who) else { return false }
        defer { file.close() }
        let known = (try? file.prefix(file.size)) ?? []
        if known.split(separator: UInt8(ascii: "\n")).contains(Array(path.utf8)[...]) { return true }
        try? file.append(Array("\(path)\n".utf8))
        return false
    }

    private func rotate(_ name: String, _ file: AppendFile) throws(PluginError) {
        try file.sync()
        entries[name] = nil
        try setAside(file, because: "it reached rotate_bytes")
    }

    private func setAside(_ file: AppendFile, because reason: String) throws(PluginError) {
        file.close()
        let kept = try FilePaths.setAside(file.path, separator: ".", who: who)
        notes.append(
            Note(message: "file set aside", data: ["file": file.path, "kept_as": kept, "reason": reason]))
    }
}
