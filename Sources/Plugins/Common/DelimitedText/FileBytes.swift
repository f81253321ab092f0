import Glibc

/// A regular file read from front to back, one piece at a time; a value, so a copy goes on from the same place.
///
/// The file is open only while a piece is read: thousands can be read side by side without running out of descriptors.
/// A file that another one took the place of in between is noticed.
struct FileBytes {
    let path: String
    /// Where the next piece begins.
    var offset: Int64 = 0
    /// Where reading ends although the file goes on.
    var end = Int64.max
    /// Bytes of the file when a piece was read last.
    private(set) var size: Int64 = 0
    private var identity: Identity?

    private struct Identity: Equatable {
        var device: dev_t
        var number: ino_t
    }

    init(path: String) { self.path = path }

    /// The file's name without its folders, quoted, for messages.
    var name: String { "'\(path.split(separator: "/").last.map(String.init) ?? path)'" }

    /// Replaces the piece by the next one of at most `limit` bytes; empty at the end of the file.
    mutating func read(into piece: inout [UInt8], limit: Int) throws(TextError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer { close(descriptor) }
        try check(descriptor)
        var count = 0
        var fault: Int32 = 0
        let start = offset
        let most = Int(min(Int64(limit), max(end - start, 0)))
        piece = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            repeat {
                count = pread(descriptor, buffer.baseAddress, most, off_t(start))
                fault = errno
            } while count < 0 && fault == EINTR
            filled = max(count, 0)
        }
        guard count >= 0 else { throw refusal(fault) }
        offset += Int64(count)
    }

    private mutating func check(_ descriptor: Int32) throws(TextError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TextError(
                .unreadable, "\(name) is a folder or a device; a regular file is needed. Name the file itself.")
        }
        let found = Identity(device: status.st_dev, number: status.st_ino)
        guard identity == nil || identity == found, offset <= Int64(status.st_size) else {
            throw TextError(
                .changed, "\(name) was replaced or shortened while it was read, at byte \(offset). Read it again.",
                byteOffset: offset)
        }
        (identity, size) = (found, Int64(status.st_size))
    }

    private func refusal(_ number: Int32) -> TextError {
        if number == ENOENT || number == ENOTDIR {
            return TextError(.notFound, "\(name) does not exist at \(path). Correct the path.")
        }
        let reason = String(cString: strerror(number))
        return TextError(
            .unreadable, "\(name) cannot be read at byte \(offset): \(reason). Check its permissions and the disk.",
            byteOffset: offset)
    }
}
