import FileOutput
import Glibc
import ParquetFile
import PluginKit

/// What one file holds: records of a kind, a pipeline, an instrument and a part of time.
struct PartFile: Sendable, Hashable {
    let kind: RecordKind
    /// Folders below that of the kind: `instrument=AAPL.US/year=2013`.
    let folder: String
    let pipeline: String

    /// The columns that make a record's identity in its file.
    var key: Set<String> {
        let own = (kind.rows.constants + kind.rows.columns).filter { $0.marks.contains(.key) }.map(\.name)
        return Set(["timeframe", "time", "place"] + own)
    }

    /// Reads what is there, puts more to it and writes it anew; leaves the file alone where nothing else comes of it.
    func store(_ tables: [ParquetTable], in root: String, rowsPerGroup: Int, who: String) throws(PluginError) {
        let folder = "\(root)/\(kind.rawValue)/\(folder)"
        let path = "\(folder)/\(FilePaths.safeName(pipeline)).parquet"
        let before = try read(path, who)
        let after = ParquetTable.merging((before.map { [$0] } ?? []) + tables, key: key)
        // Each run numbers its batches anew: that alone is no change.
        if let before, Self.withoutSequence(before) == Self.withoutSequence(after) { return }
        try FilePaths.makeFolder(folder, who: who)
        let bytes: [UInt8]
        do throws(ParquetFault) { bytes = try after.file(rowsPerGroup: rowsPerGroup) } catch {
            throw PluginError(
                .environment,
                "\(who): \(PluginError.quoted(path)) cannot be made: \(error.reason). Set a shorter 'part'.")
        }
        try WholeFile.write(bytes, to: path, in: folder, who: who)
    }

    private func read(_ path: String, _ who: String) throws(PluginError) -> ParquetTable? {
        guard let bytes = try WholeFile.read(path, who: who) else { return nil }
        do throws(ParquetFault) { return try ParquetTable(reading: bytes) } catch {
            throw PluginError(
                .corrupted,
                "\(who): \(PluginError.quoted(path)) is not what this sink writes: \(error.reason). Move it away: a new one is begun "
                    + "with what comes, and a start over an empty folder delivers everything again.")
        }
    }

    private static func withoutSequence(_ table: ParquetTable) -> [ParquetTable.Column] {
        table.columns.filter { $0.name != "sequence" }
    }
}

/// Files that are there whole or not at all.
enum WholeFile {
    /// What a file is called until it is whole; readers of folders leave out names that begin with a dot.
    private static func draft(_ folder: String) -> String { "\(folder)/.penstock.part" }

    /// Writes a file under another name, makes it durable and puts it in place.
    static func write(_ bytes: [UInt8], to path: String, in folder: String, who: String) throws(PluginError) {
        let draft = draft(folder)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemFault.error(errno, who: who, action: "written", path: draft) }
        var fault = DescriptorWriter.write(bytes, to: descriptor).fault
        if fault == 0, fsync(descriptor) != 0 { fault = errno }
        close(descriptor)
        if fault == 0, rename(draft, path) != 0 { fault = errno }
        guard fault == 0 else {
            unlink(draft)
            throw SystemFault.error(fault, who: who, action: "written", path: path)
        }
        try sync(folder, who)
    }

    /// Returns the bytes of a file; nil where there is none.
    static func read(_ path: String, who: String) throws(PluginError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemFault.error(errno, who: who, action: "read", path: path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SystemFault.error(errno, who: who, action: "read", path: path)
        }
        let size = Int(status.st_size)
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let base = buffer.baseAddress {
                let got = Glibc.read(descriptor, base + count, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { fault = errno }
                guard got > 0 else { return }
                count += got
            }
        }
        guard fault == 0 else { throw SystemFault.error(fault, who: who, action: "read", path: path) }
        return bytes
    }

    /// Throws where a folder cannot be written to.
    static func probe(_ folder: String, who: String) throws(PluginError) {
        guard access(folder, W_OK | X_OK) == 0 else {
            throw SystemFault.error(errno, who: who, action: "written", path: folder)
        }
    }

    private static func sync(_ folder: String, _ who: String) throws(PluginError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault.error(errno, who: who, action: "synced", path: folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFault.error(errno, who: who, action: "synced", path: folder) }
    }
}
