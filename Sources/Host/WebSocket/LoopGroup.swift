import NIOCore
import Synchronization

/// A message on its way to the clients of one channel.
struct Broadcast: Sendable {
    /// The channel's index in the hub.
    let channel: Int
    /// The message, with its id and what it is about.
    let entry: ChannelJournal.Entry
    /// The encoded frame, shared by all clients.
    let frame: ByteBuffer
    /// The same packed, where a client takes that and it is smaller.
    var packed: ByteBuffer?
    /// What it is about, for clients that take the newest of each only.
    var key: String?
}

/// The clients of a hub that live on one event loop.
///
/// A publisher puts a message into the mailbox and wakes the loop when it is not awake already: one hop per loop, not
/// per client, and a burst costs each client one flush. The mailbox is bounded; the oldest messages go first.
final class LoopGroup: Sendable {
    private struct Mailbox {
        var messages: CircularBuffer<Broadcast> = []
        var counts: [Int]
        var isScheduled = false
    }

    private struct Clients {
        var byChannel: [[ConnectionHandler]]
        var byID: [ClientID: ConnectionHandler] = [:]
    }

    /// The loop all clients of the group live on.
    let loop: any EventLoop
    private let limit: Int
    private let mailbox: Mutex<Mailbox>
    private let clients: NIOLoopBoundBox<Clients>

    /// Creates a group; must be called on the loop.
    init(loop: any EventLoop, channels: Int, limit: Int) {
        self.loop = loop
        self.limit = max(1, limit)
        self.mailbox = Mutex(Mailbox(counts: Array(repeating: 0, count: channels)))
        self.clients = NIOLoopBoundBox(Clients(byChannel: Array(repeating: [], count: channels)), eventLoop: loop)
    }

    /// The number of clients of a channel; callable from any thread.
    func count(channel: Int) -> Int {
        mailbox.withLock { $0.counts[channel] }
    }

    /// Adds a client; must be called on the loop.
    func add(_ client: ConnectionHandler) {
        clients.value.byChannel[client.channel].append(client)
        clients.value.byID[client.id] = client
        mailbox.withLock { $0.counts[client.channel] += 1 }
    }

    /// Removes a client, if it is there; must be called on the loop.
    func remove(_ client: ConnectionHandler) {
        guard clients.value.byID.removeValue(forKey: client.id) != nil else { return }
        clients.value.byChannel[client.channel].removeAll { $0 === client }
        mailbox.withLock { $0.counts[client.channel] -= 1 }
    }

    /// Returns the client of a name; must be called on the loop.
    func client(_ id: ClientID) -> ConnectionHandler? {
        clients.value.byID[id]
    }

    /// Hands a message to the loop and returns how many deliveries the full mailbox lost; callable from any thread.
    func post(_ broadcast: Broadcast) -> Int {
        let (dropped, wakes) = mailbox.withLock { box -> (Int, Bool) in
            guard box.counts[broadcast.channel] > 0 else { return (0, false) }
            var dropped = 0
            if box.messages.count >= limit, let oldest = box.messages.popFirst() {
                dropped = box.counts[oldest.channel]
            }
            box.messages.append(broadcast)
            defer { box.isScheduled = true }
            return (dropped, !box.isScheduled)
        }
        if wakes { loop.execute { self.drain() } }
        return dropped
    }

    private func drain() {
        let batch = mailbox.withLock { box -> CircularBuffer<Broadcast> in
            box.isScheduled = false
            let batch = box.messages
            box.messages.removeAll(keepingCapacity: false)
            return batch
        }
        for list in clients.value.byChannel {
            for client in list { client.deliver(batch) }
        }
    }
}
