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
    private let definitions: [ChannelDefinition]
    private let indexOfPath: [String: Int]
    private let state = Mutex(State())
    private let nextID = Atomic<Int>(1)
    private let delivered = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)

    /// Creates a hub without clients.
    ///
    /// - Parameters:
    ///   - channels: what it serves; of two with one path the first counts.
    ///   - queueLimit: how many frames may wait for one client, and how many messages for one event loop.
    ///   - queueBytes: how many bytes may wait for one client.
    ///   - onText: answers the text messages of clients.
    package init(
        channels: [ChannelDefinition], queueLimit: Int = 1024, queueBytes: Int = 4 << 20, onText: TextHandler? = nil
    ) {
        let byPath = Dictionary(channels.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        self.definitions = byPath.values.sorted { $0.path < $1.path }
        self.channels = definitions.map(\.path)
        self.indexOfPath = Dictionary(uniqueKeysWithValues: zip(self.channels, self.channels.indices))
        self.queueLimit = queueLimit
        self.queueBytes = queueBytes
        self.onText = onText
    }

    /// Sends a text message to all clients of a channel; callable from any thread, never waits.
    ///
    /// A path that is no channel, or has no clients, costs a look-up.
    ///
    /// - Parameters:
    ///   - channel: the channel's path.
    ///   - message: the text, in UTF-8.
    ///   - topic: what the message is about, as an instrument: clients that chose topics get it only when this is one
    ///     of them. `nil` reaches all.
    package func publish(_ channel: String, _ message: ByteBuffer, topic: String? = nil) {
        guard let index = indexOfPath[channel] else { return }
        let groups = state.withLock { $0.groups }.filter { $0.count(channel: index) > 0 }
        guard !groups.isEmpty else { return }
        let broadcast = Broadcast(channel: index, topic: topic, frame: ServerFrame.text(message))
        for group in groups { countDropped(group.post(broadcast)) }
    }

    /// Chooses the topics a client gets; `nil` gives it all again. Callable from any thread.
    ///
    /// Called within `onText` it holds from the next message on, else soon. A client that is gone is passed over.
    package func setTopics(_ client: ClientID, _ topics: Set<String>?) {
        guard let group = state.withLock({ $0.groupOfClient[client] }) else { return }
        if group.loop.inEventLoop {
            group.client(client)?.topics = topics
        } else {
            group.loop.execute { group.client(client)?.topics = topics }
        }
    }

    /// Returns the topics a client chose; `nil` is all. To be called within `onText`; elsewhere it is `nil`.
    package func topics(_ client: ClientID) -> Set<String>? {
        guard let group = state.withLock({ $0.groupOfClient[client] }), group.loop.inEventLoop else { return nil }
        return group.client(client)?.topics
    }

    /// The number of clients of a channel now.
    package func subscriberCount(_ channel: String) -> Int {
        guard let index = indexOfPath[channel] else { return 0 }
        return state.withLock { $0.groups }.reduce(0) { $0 + $1.count(channel: index) }
    }

    /// The number of clients of all channels now.
    package var connectionCount: Int { state.withLock { $0.groupOfClient.count } }

    /// How many frames were handed to clients' sockets since the start.
    package var deliveredTotal: Int { delivered.load(ordering: .relaxed) }

    /// How many frames were lost because a client or an event loop did not keep up.
    package var droppedTotal: Int { dropped.load(ordering: .relaxed) }
}

extension ChannelHub {
    /// Returns a channel's index.
    func index(of path: String) -> Int? { indexOfPath[path] }

    /// Returns a channel's path.
    func path(of index: Int) -> String { channels[index] }

    /// Makes a client's first message.
    func welcome(_ request: ChannelRequest, channel: Int) -> ByteBuffer? {
        definitions[channel].welcome?(request)
    }

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
    }

    /// Removes a client, if it is there; must be called on its loop.
    func detach(_ client: ConnectionHandler) {
        state.withLock { $0.groupOfClient.removeValue(forKey: client.id) }?.remove(client)
    }

    /// Adds to the count of frames that reached a socket.
    func countDelivered(_ count: Int) {
        delivered.wrappingAdd(count, ordering: .relaxed)
    }

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
