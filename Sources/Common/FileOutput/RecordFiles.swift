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

    /// Prepares a folder; it is created with the first record.
    ///
    /// - Parameters:
    ///   - who: begins messages: `sink/keep`.
    ///   - folder: where the files are.
    ///   - rotateBytes: a file this long or longer is set aside and a new one begun; `nil` for never.
    ///   - call: the call that writes; a test may put its own.
    public init(
        who: String, folder: String, rotateBytes: Int?, call: @escaping DescriptorWriter.Call = DescriptorWriter.system
    ) {
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
        var status = stat()
        return stat("\(folder)/\(name)", &status) != 0 ? errno == ENOENT : status.st_size == 0
    }

    /// Appends whole lines to a file of the folder; all of them or, where it throws, none.
    ///
    /// - Parameters:
    ///   - lines: bytes that end with a line end.
    ///   - name: the file's name.
    ///   - header: the line the file begins with; empty for none.
    public func append(_ lines: [UInt8], to name: String, header: [UInt8] = []) throws(PluginError) {
        guard !lines.isEmpty else { return }
        let key = nameInRun(name, header: header)
        let file = try entry(key, header: header).file
        try file.append(lines, header: header)
        entries[key]?.isDirty = true
        if let rotateBytes, file.size >= rotateBytes { try rotate(key, file) }
    }

    /// Returns when everything appended is on the disk.
    public func sync() throws(PluginError) {
        for (key, entry) in entries where entry.isDirty {
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
        let file = try AppendFile(path: path, who: who, call: call)
        if file.repairedBytes > 0 {
            notes.append(
                Note(message: "torn last line cut off", data: ["file": path, "bytes": String(file.repairedBytes)]))
        }
        return file
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
