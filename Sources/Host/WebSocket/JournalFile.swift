import Glibc
import NIOCore

/// The file a channel's journal is in: a head, then a record a message, appended before the message is sent.
///
/// A process that is killed loses nothing that was sent: the page cache outlives it. A machine that loses its power may
/// lose the end of the file; then ids that clients saw would be given again, so after another boot the ids begin a million
/// higher and nothing is resumed. What does not read as a record ends the file.
struct JournalFile: Sendable {
    private static let magic = Array("PENSTOCK-CHANNEL-1\n".utf8)
    /// Told what keeps the file from being used, once.
    private let report: @Sendable (String) -> Void
    private let path: String
    private let boot: [UInt8]
    private var size = 0
    private var descriptor: Descriptor?

    /// Names the file of a channel in a folder that exists.
    init(folder: String, channel: String, report: @escaping @Sendable (String) -> Void) {
        let name = channel.split(separator: "/").joined(separator: "-")
        path = "\(folder)/\(name).journal"
        boot = Self.contents("/proc/sys/kernel/random/boot_id", limit: 64) ?? []
        self.report = report
    }

    /// Reads what is there; the file itself is opened by the first message.
    func open() -> (entries: CircularBuffer<ChannelJournal.Entry>, last: Int) {
        guard let bytes = Self.contents(path, limit: 1 << 30) else { return ([], 0) }
        var buffer = ByteBuffer(bytes: bytes)
        guard buffer.readBytes(length: Self.magic.count) == Self.magic,
            let length = buffer.readInteger(as: UInt8.self), let boot = buffer.readBytes(length: Int(length))
        else { return ([], 0) }
        var entries: CircularBuffer<ChannelJournal.Entry> = []
        while let entry = Self.entry(&buffer), entries.last.map({ $0.id + 1 == entry.id }) ?? true {
            entries.append(entry)
        }
        let last = entries.last?.id ?? 0
        return boot == self.boot ? (entries, last) : ([], last + 1_000_000)
    }

    /// Appends a message; where the file has grown to twice what is kept it is written anew. Returns whether it can be used.
    mutating func append(
        _ entry: ChannelJournal.Entry, _ limit: JournalLimit, _ kept: CircularBuffer<ChannelJournal.Entry>
    ) -> Bool {
        if descriptor == nil || size > 2 * limit.bytes + (1 << 20) { return rewrite(kept) }
        var record = ByteBuffer()
        Self.write(entry, to: &record)
        return write(record)
    }

    private mutating func rewrite(_ kept: CircularBuffer<ChannelJournal.Entry>) -> Bool {
        let fresh = "\(path).new"
        let number = Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard number >= 0 else { return refuse("be made") }
        (descriptor, size) = (Descriptor(number), 0)
        var content = ByteBuffer(bytes: Self.magic + [UInt8(boot.count)] + boot)
        for entry in kept { Self.write(entry, to: &content) }
        guard write(content) else { return false }
        return rename(fresh, path) == 0 || refuse("be put in place")
    }

    private mutating func write(_ buffer: ByteBuffer) -> Bool {
        guard let number = descriptor?.number else { return false }
        let isWritten = buffer.withUnsafeReadableBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(number, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        size += buffer.readableBytes
        return isWritten || refuse("be written")
    }

    /// Messages are kept in memory alone from now on; a file that lacks some must not be read at the next start.
    private func refuse(_ what: String) -> Bool {
        let fault = String(cString: strerror(errno))
        unlink(path)
        report(
            "gateway: \(path) could not \(what) (\(fault)): clients that come back after a restart get a snapshot. Make room, then restart."
        )
        return false
    }

    private static func write(_ entry: ChannelJournal.Entry, to buffer: inout ByteBuffer) {
        let topic = Array((entry.topic ?? "").utf8.prefix(Int(UInt16.max) - 1))
        buffer.writeInteger(UInt64(entry.id))
        buffer.writeInteger(entry.topic == nil ? UInt16.max : UInt16(topic.count))
        buffer.writeInteger(UInt32(entry.message.readableBytes))
        buffer.writeBytes(topic)
        buffer.writeImmutableBuffer(entry.message)
    }

    private static func entry(_ buffer: inout ByteBuffer) -> ChannelJournal.Entry? {
        guard let id = buffer.readInteger(as: UInt64.self), id > 0, id < 1 << 53,
            let topicLength = buffer.readInteger(as: UInt16.self), let length = buffer.readInteger(as: UInt32.self),
            let topic = buffer.readString(length: topicLength == .max ? 0 : Int(topicLength)),
            let message = buffer.readBytes(length: Int(length))
        else { return nil }
        return ChannelJournal.Entry(
            id: Int(id), topic: topicLength == .max ? nil : topic, message: ByteBuffer(bytes: message))
    }

    /// Returns a file's bytes; `nil` where it is not there, or larger than the limit.
    private static func contents(_ path: String, limit: Int) -> [UInt8]? {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let part = [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, count in
                count = max(0, read(number, buffer.baseAddress, 1 << 18))
            }
            if part.isEmpty { return bytes }
            bytes += part
        }
        return nil
    }

    /// An open file, closed with the last copy.
    private final class Descriptor: Sendable {
        let number: Int32
        init(_ number: Int32) { self.number = number }
        deinit { close(number) }
    }
}
