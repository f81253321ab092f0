import NIOCore
import Synchronization

/// The last messages of one channel by their ids, for clients that come back: in memory, and in a file for those that come
/// back after the host did.
///
/// An id is one more than that of the message before and is never given twice, also over restarts. Bounded: the oldest
/// messages go first.
final class ChannelJournal: Sendable {
    /// A message as it was sent.
    struct Entry: Sendable {
        /// Its id.
        let id: Int
        /// What it is about.
        let topic: String?
        /// The text, in UTF-8.
        let message: ByteBuffer

        /// What the message is the newest of: one kind, and model, of one topic; `nil` where it has no topic.
        var subject: String? {
            topic.map { "\($0) \(message.text(ofMember: "kind") ?? "") \(message.text(ofMember: "model") ?? "")" }
        }

        /// Whether the message says its id: it is a JSON object.
        var isNumbered: Bool {
            message.getInteger(at: message.readerIndex, as: UInt8.self) == UInt8(ascii: "{")
        }
    }

    /// What is there after an id.
    enum Reading {
        /// These, in order; none where the id is that of the last one.
        case entries(ArraySlice<Entry>)
        /// Some between are not there any more, or the id was never given.
        case gap
    }

    private struct State {
        var entries: CircularBuffer<Entry> = []
        var bytes = 0
        var last = 0
        var file: JournalFile?
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWaiting = 0
    }

    private let head: [UInt8]
    private let limit: JournalLimit
    private let state: Mutex<State>

    /// Opens a channel's journal; without a file, or with one that cannot be used, it is in memory only.
    init(channel: String, limit: JournalLimit, file: JournalFile? = nil) {
        head = Array("{\"channel\":\"\(channel)\",\"id\":".utf8)
        self.limit = limit
        var state = State()
        state.file = file
        (state.entries, state.last) = file?.open() ?? ([], 0)
        state.bytes = state.entries.reduce(0) { $0 + $1.message.readableBytes }
        self.state = Mutex(state)
        self.state.withLock { Self.trim(&$0, limit) }
    }

    /// The id of the last message; 0 before the first.
    var last: Int { state.withLock { $0.last } }

    /// Adds a message, gives it its id and hands it on; `send` is called in the order of the ids and must not wait.
    ///
    /// `channel` and `id` become the first members of a JSON object; another text stays as it is.
    func append(_ message: ByteBuffer, topic: String?, _ send: (Entry) -> Void) {
        state.withLock { state in
            state.last += 1
            let entry = Entry(id: state.last, topic: topic, message: stamped(message, state.last))
            state.entries.append(entry)
            state.bytes += entry.message.readableBytes
            Self.trim(&state, limit)
            if state.file?.append(entry, limit, state.entries) == false { state.file = nil }
            send(entry)
            for continuation in state.waiting.values { continuation.yield() }
        }
    }

    /// Returns up to `limit` messages after an id; after 0 the oldest that are kept.
    func read(after id: Int, limit: Int) -> Reading {
        state.withLock { state in
            if id == state.last { return .entries([]) }
            guard let first = state.entries.first?.id, id >= first - 1 || id == 0, id < state.last else { return .gap }
            let start = state.entries.index(state.entries.startIndex, offsetBy: max(0, id + 1 - first))
            return .entries(Array(state.entries[start...].prefix(limit))[...])
        }
    }

    /// Returns the newest messages, the oldest of them first.
    func recent(_ count: Int) -> [ByteBuffer] { state.withLock { $0.entries.suffix(count).map(\.message) } }

    /// Gives a sign whenever there may be more to read, until `end` is called; also for each `wake`.
    func signs() -> (signs: AsyncStream<Void>, end: @Sendable () -> Void) {
        let (signs, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.nextWaiting += 1
            state.waiting[state.nextWaiting] = continuation
            return state.nextWaiting
        }
        return (
            signs,
            { [self] in
                state.withLock { _ = $0.waiting.removeValue(forKey: key) }
                continuation.finish()
            }
        )
    }

    /// Gives everyone a sign.
    func wake() { state.withLock { state in for continuation in state.waiting.values { continuation.yield() } } }

    private func stamped(_ message: ByteBuffer, _ id: Int) -> ByteBuffer {
        var rest = message
        guard rest.readInteger(as: UInt8.self) == UInt8(ascii: "{"), rest.readableBytes > 1 else { return message }
        var text = ByteBufferAllocator().buffer(capacity: message.readableBytes + head.count + 24)
        text.writeBytes(head)
        text.writeString("\(id),")
        text.writeImmutableBuffer(rest)
        return text
    }

    private static func trim(_ state: inout State, _ limit: JournalLimit) {
        while state.entries.count > limit.messages || (state.bytes > limit.bytes && state.entries.count > 1) {
            guard let oldest = state.entries.popFirst() else { return }
            state.bytes -= oldest.message.readableBytes
        }
    }
}

/// How much of a channel is kept.
package struct JournalLimit: Sendable, Hashable {
    /// How many messages.
    package var messages: Int
    /// How many bytes of them.
    package var bytes: Int

    /// Creates a limit.
    package init(messages: Int = 65_536, bytes: Int = 16 << 20) { (self.messages, self.bytes) = (messages, bytes) }
}
