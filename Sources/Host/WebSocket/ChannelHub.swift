import JSONWriting
package import NIOCore
import Synchronization

/// The clients of all WebSocket channels of a server, and the way to send to them.
///
/// ```swift
/// let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/enhanced")])
/// let server = HTTPServerBuilder.http1WebSocketUpgrade(hub: hub)
/// hub.publish("/ws/enhanced", ByteBuffer(string: #"{"symbol":"AAPL.US","price":201.5}"#), topic: "AAPL.US")
/// ```
///
/// Clients are grouped by event loop. A message is encoded once, crosses to each loop once and is shared by all its
/// clients. A client that does not keep up has a bounded queue of its own that loses the oldest frames, so that it
/// never delays the others and never holds more memory than the bound; what is lost is counted.
package final class ChannelHub: Sendable {
    /// Answers a client's text message; `nil` sends nothing. Runs on the client's event loop and must not wait.
    package typealias TextHandler = @Sendable (_ hub: ChannelHub, _ message: ClientMessage) -> ByteBuffer?

    private struct State {
        var groups: [LoopGroup] = []
        var groupOfClient: [ClientID: LoopGroup] = [:]
    }

    /// The paths this hub serves, sorted.
    package let channels: [String]
    let queueLimit: Int
    let queueBytes: Int
    let onText: TextHandler?
    /// Reads what a client asks for out of its request.
    let choose: @Sendable (ChannelRequest) -> ChannelChoice
    private let journals: [ChannelJournal]
    private let definitions: [ChannelDefinition]
    private let indexOfPath: [String: Int]
    private let state = Mutex(State())
    private let nextID = Atomic<Int>(1)
    private let delivered = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let conflated = Atomic<Int>(0)
    private let broken = Atomic<Int>(0)
    private let unresponsive = Atomic<Int>(0)
    /// How many clients take packed messages, and how many the newest of each subject only.
    private let packing = Atomic<Int>(0)
    private let conflating = Atomic<Int>(0)

    /// Creates a hub without clients.
    ///
    /// - Parameters:
    ///   - channels: what it serves; of two with one path the first counts.
    ///   - queueLimit: how many frames may wait for one client, and how many messages for one event loop.
    ///   - queueBytes: how many bytes may wait for one client.
    ///   - onText: answers the text messages of clients.
    ///   - keeping: how much of each channel is kept for clients that come back.
    ///   - folder: where that outlives the process; `nil` keeps it in memory.
    ///   - report: told what keeps a file from being used.
    ///   - choose: reads what a client asks for out of its request.
    package init(
        channels: [ChannelDefinition], queueLimit: Int = 1024, queueBytes: Int = 4 << 20, onText: TextHandler? = nil,
        keeping: JournalLimit = JournalLimit(), in folder: String? = nil,
        report: @escaping @Sendable (String) -> Void = { _ in },
        choose: @escaping @Sendable (ChannelRequest) -> ChannelChoice = { _ in ChannelChoice() }
    ) {
        let byPath = Dictionary(channels.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        self.definitions = byPath.values.sorted { $0.path < $1.path }
        self.channels = definitions.map(\.path)
        self.indexOfPath = Dictionary(uniqueKeysWithValues: zip(self.channels, self.channels.indices))
        self.queueLimit = queueLimit
        self.queueBytes = queueBytes
        self.onText = onText
        self.choose = choose
        journals = self.channels.map { channel in
            let file = folder.map { JournalFile(folder: $0, channel: channel, report: report) }
            return ChannelJournal(channel: channel, limit: keeping, file: file)
        }
    }

    /// Sends a text message to all clients of a channel; callable from any thread, never waits.
    ///
    /// Every message gets the next id of its channel and is kept for clients that come back; one that is a JSON object begins
    /// with `channel` and `id`. A path that is no channel costs a look-up.
    ///
    /// - Parameters:
    ///   - channel: the channel's path.
    ///   - message: the text, in UTF-8.
    ///   - topic: what the message is about, as an instrument: clients that chose topics get it only when this is one
    ///     of them. `nil` reaches all.
    package func publish(_ channel: String, _ message: ByteBuffer, topic: String? = nil) {
        guard let index = indexOfPath[channel] else { return }
        journals[index].append(message, topic: topic) { entry in
            let groups = state.withLock { $0.groups }.filter { $0.count(channel: index) > 0 }
            guard !groups.isEmpty else { return }
            var broadcast = Broadcast(channel: index, entry: entry, frame: ServerFrame.text(entry.message))
            if packing.load(ordering: .relaxed) > 0 {
                broadcast.packed = MessageDeflate.packed(entry.message).map(ServerFrame.packed)
            }
            if conflating.load(ordering: .relaxed) > 0 { broadcast.key = entry.subject }
            for group in groups { countDropped(group.post(broadcast)) }
        }
    }

    /// Returns the id of a channel's last message; 0 before the first.
    package func last(_ channel: String) -> Int { indexOfPath[channel].map { journals[$0].last } ?? 0 }

    /// Returns the messages after an id that a choice takes, at most about 256, with the id they reach; `nil` where some are not
    /// there any more, or the id was never given.
    package func messages(
        of channel: String, after id: Int, _ choice: ChannelChoice
    ) -> (messages: [(id: Int, text: ByteBuffer)], reached: Int)? {
        guard let index = indexOfPath[channel], case .entries(let entries) = read(index, after: id) else { return nil }
        let taken = entries.filter { choice.takes(topic: $0.topic, $0.message) }
        return (taken.map { ($0.id, $0.message) }, entries.last?.id ?? id)
    }

    /// Gives a sign whenever there may be more to read of a channel, and for each `wake`, until `end` is called.
    package func signs(of channel: String) -> (signs: AsyncStream<Void>, end: @Sendable () -> Void)? {
        indexOfPath[channel].map { journals[$0].signs() }
    }

    /// Makes the message that says that a client misses some: `after` an id, or so many that were `dropped` because it did not
    /// keep up.
    package func gap(_ channel: String, _ what: String, _ number: Int) -> ByteBuffer {
        var json = JSONText(capacity: 96)
        json.object { json in
            json.field("kind", "gap")
            json.field("channel", channel)
            json.field(what, number)
        }
        return ByteBuffer(bytes: json.bytes)
    }

    /// Gives a sign on every channel.
    package func wake() { for journal in journals { journal.wake() } }

    /// Makes the first message of a client that is no WebSocket, with the id it reaches.
    package func welcome(_ channel: String, _ choice: ChannelChoice) -> (text: ByteBuffer?, reached: Int) {
        guard let index = indexOfPath[channel] else { return (nil, 0) }
        return welcome(ChannelRequest(path: channel, query: "", choice: choice), channel: index)
    }

    /// Chooses the topics a client gets; `nil` gives it all again. Callable from any thread.
    ///
    /// Called within `onText` it holds from the next message on, else soon. A client that is gone is passed over.
    package func setTopics(_ client: ClientID, _ topics: Set<String>?) {
        guard let group = state.withLock({ $0.groupOfClient[client] }) else { return }
        if group.loop.inEventLoop {
            group.client(client)?.choose(topics: topics)
        } else {
            group.loop.execute { group.client(client)?.choose(topics: topics) }
        }
    }

    /// Returns the topics a client chose; `nil` is all. To be called within `onText`; elsewhere it is `nil`.
    package func topics(_ client: ClientID) -> Set<String>? {
        guard let group = state.withLock({ $0.groupOfClient[client] }), group.loop.inEventLoop else { return nil }
        return group.client(client)?.choice.topics
    }

    /// The number of clients of a channel now.
    package func subscriberCount(_ channel: String) -> Int {
        guard let index = indexOfPath[channel] else { return 0 }
        return state.withLock { $0.groups }.reduce(0) { $0 + $1.count(channel: index) }
    }

    /// The number of clients of all channels now.
    package var connectionCount: Int { state.withLock { $0.groupOfClient.count } }

    /// How many clients came since the start.
    package var connectionsTotal: Int { nextID.load(ordering: .relaxed) - 1 }

    /// How many of them were lost, by reason: `broken` ended without a Close, `unresponsive` answered no ping.
    package var connectionsDropped: [String: Int] {
        ["broken": broken.load(ordering: .relaxed), "unresponsive": unresponsive.load(ordering: .relaxed)]
    }

    /// How many frames were handed to clients' sockets since the start.
    package var deliveredTotal: Int { delivered.load(ordering: .relaxed) }

    /// How many frames were lost because a client or an event loop did not keep up.
    package var droppedTotal: Int { dropped.load(ordering: .relaxed) }

    /// How many frames gave way to a newer one of the same subject, for clients that asked for that.
    package var conflatedTotal: Int { conflated.load(ordering: .relaxed) }
}

extension ChannelHub {
    /// Returns a channel's index.
    func index(of path: String) -> Int? { indexOfPath[path] }

    /// Returns a channel's path.
    func path(of index: Int) -> String { channels[index] }

    /// Makes a client's first message, with the id of the last one it stands for.
    func welcome(_ request: ChannelRequest, channel: Int) -> (text: ByteBuffer?, reached: Int) {
        var request = request
        request.last = journals[channel].last
        request.recent = journals[channel].recent(definitions[channel].recent)
        return (definitions[channel].welcome?(request), request.last)
    }

    /// Returns what a channel has after an id.
    func read(_ channel: Int, after id: Int) -> ChannelJournal.Reading { journals[channel].read(after: id, limit: 256) }

    /// Returns a name for a new client.
    func makeID() -> ClientID {
        ClientID(rawValue: nextID.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    /// Adds a client; must be called on its loop.
    func attach(_ client: ConnectionHandler, loop: any EventLoop) {
        let group = state.withLock { state -> LoopGroup in
            let group = state.groups.first { $0.loop === loop } ?? makeGroup(loop: loop, in: &state)
            state.groupOfClient[client.id] = group
            return group
        }
        group.add(client)
        if client.takesPacked { packing.wrappingAdd(1, ordering: .relaxed) }
        if client.choice.conflates { conflating.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Removes a client, if it is there; must be called on its loop.
    func detach(_ client: ConnectionHandler) {
        guard let group = state.withLock({ $0.groupOfClient.removeValue(forKey: client.id) }) else { return }
        group.remove(client)
        if client.takesPacked { packing.wrappingSubtract(1, ordering: .relaxed) }
        if client.choice.conflates { conflating.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// Adds to the count of frames that reached a socket.
    func countDelivered(_ count: Int) {
        delivered.wrappingAdd(count, ordering: .relaxed)
    }

    /// Counts a client whose connection ended without a Close.
    func countBroken() { broken.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a client that answered no ping.
    func countUnresponsive() { unresponsive.wrappingAdd(1, ordering: .relaxed) }

    /// Counts a frame that gave way to a newer one.
    func countConflated() { conflated.wrappingAdd(1, ordering: .relaxed) }

    /// Adds to the count of lost frames.
    func countDropped(_ count: Int) {
        if count > 0 { dropped.wrappingAdd(count, ordering: .relaxed) }
    }

    private func makeGroup(loop: any EventLoop, in state: inout State) -> LoopGroup {
        let group = LoopGroup(loop: loop, channels: channels.count, limit: queueLimit)
        state.groups.append(group)
        return group
    }
}
