import Glibc
public import PluginKit

/// A file of lines that only grows: what is in it stays, and it never ends in half a line of ours.
///
/// - Opening cuts off what follows the last line end: the line a crash tore.
/// - A write the system takes only in part (disk full) is taken back, so the next one begins on a new line.
/// - A file that somebody moved is noticed at the next `append` and opened anew; one that was removed or emptied is a fault
///   first, since its rows are gone (`checkIsThere`).
///
/// Not safe from several tasks at once: keep it inside a lock.
public final class AppendFile {
    /// Where it is.
    public let path: String
    /// Bytes in it.
    public private(set) var size = 0
    /// Bytes that `sync` confirmed, or that were there before.
    private var confirmedSize = 0
    /// Bytes of a torn last line that opening cut off.
    public private(set) var repairedBytes = 0
    private let who: String
    private let call: DescriptorWriter.Call
    private var descriptor: Int32 = -1
    private var identity = FileIdentity.none
    private var isRegular = true

    /// Opens the file, creating it where it is missing.
    ///
    /// - Parameters:
    ///   - path: the file; its folder exists.
    ///   - who: begins messages: `sink/keep`.
    ///   - call: the call that writes; a test may put its own.
    public init(
        path: String, who: String, call: @escaping DescriptorWriter.Call = DescriptorWriter.system
    ) throws(PluginError) {
        self.path = path
        self.who = who
        self.call = call
        try open()
    }

    deinit { close() }

    /// Appends bytes that end with a line end; all of them or, where it throws, none.
    ///
    /// - Parameters:
    ///   - bytes: whole lines.
    ///   - header: the line an empty file begins with.
    public func append(_ bytes: [UInt8], header: [UInt8] = []) throws(PluginError) {
        if descriptor < 0 || (isRegular && FileIdentity(path: path) != identity) {
            close()
            try open()
        }
        let lines = size == 0 ? header + bytes : bytes
        let outcome = DescriptorWriter.write(lines, to: descriptor, call: call)
        guard outcome.fault == 0 else {
            if isRegular, outcome.written > 0, ftruncate(descriptor, off_t(size)) != 0 { close() }
            throw SystemFault.error(outcome.fault, who: who, action: "written", path: path)
        }
        if isRegular { size += lines.count }
    }

    /// Throws `.corrupted` where the file was removed, or cut, since it was opened: what it had is gone.
    public func checkIsThere() throws(PluginError) {
        guard descriptor >= 0, isRegular, size > 0 else { return }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink == 0 || Int(status.st_size) < size else { return }
        let what = status.st_nlink == 0 ? "removed" : "cut to \(status.st_size) bytes"
        throw PluginError(
            .corrupted,
            "\(who): \(PluginError.quoted(path)) was \(what) while the host wrote to it, with \(size) bytes of rows that "
                + "count as delivered: they are not written again, and rows that come begin a new file. Put it back, or stop "
                + "the host, move all files of the sink away and start it to get everything again.")
    }

    /// Returns when everything appended is on the disk.
    public func sync() throws(PluginError) {
        guard descriptor >= 0, isRegular else { return }
        guard fdatasync(descriptor) == 0 else {
            throw SystemFault.error(errno, who: who, action: "synced", path: path)
        }
        confirmedSize = size
    }

    /// Takes back what was appended since the last `sync`.
    public func takeBack() {
        guard descriptor >= 0, isRegular, size > confirmedSize, ftruncate(descriptor, off_t(confirmedSize)) == 0
        else { return }
        size = confirmedSize
    }

    /// Closes the file; the next `append` opens it again.
    public func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }

    /// Returns the first bytes of the file, at most `count`.
    public func prefix(_ count: Int) throws(PluginError) -> [UInt8] { try read(at: 0, count: min(count, size)) }

    private func open() throws(PluginError) {
        descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemFault.error(errno, who: who, action: "opened", path: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SystemFault.error(errno, who: who, action: "examined", path: path)
        }
        identity = FileIdentity(status)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        size = isRegular ? Int(status.st_size) : 0
        if isRegular { try cutTornLine() }
        confirmedSize = size
    }

    private func cutTornLine() throws(PluginError) {
        let whole = try endOfLastLine()
        repairedBytes = size - whole
        guard repairedBytes > 0 else { return }
        guard ftruncate(descriptor, off_t(whole)) == 0 else {
            throw SystemFault.error(errno, who: who, action: "repaired", path: path)
        }
        size = whole
    }

    /// Searches backwards for the last line end; returns the offset after it.
    private func endOfLastLine() throws(PluginError) -> Int {
        var end = size
        while end > 0 {
            let start = max(0, end - 65_536)
            let block = try read(at: start, count: end - start)
            if let index = block.lastIndex(of: UInt8(ascii: "\n")) { return start + index + 1 }
            end = start
        }
        return 0
    }

    private func read(at offset: Int, count: Int) throws(PluginError) -> [UInt8] {
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                guard let base = buffer.baseAddress else { return }
                let got = pread(descriptor, base + initialized, count - initialized, off_t(offset + initialized))
                if got < 0, errno == EINTR { continue }
                if got < 0 { fault = errno }
                guard got > 0 else { return }
                initialized += got
            }
        }
        guard fault == 0 else { throw SystemFault.error(fault, who: who, action: "read", path: path) }
        return bytes
    }
}

/// Which file a path leads to: device and inode.
private struct FileIdentity: Equatable {
    private let device: UInt64
    private let inode: UInt64

    static let none = FileIdentity(device: 0, inode: 0)

    private init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) { self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }

    init(path: String) {
        var status = stat()
        self = stat(path, &status) == 0 ? FileIdentity(status) : .none
    }
}
