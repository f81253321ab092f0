import NIOCore
import Synchronization

/// What a connection is doing, for whoever looks for one to end; written by the connection, read from any thread.
final class ConnectionSlot: Sendable {
    /// Since when it waits for its client to send, in nanoseconds of the monotonic clock; 0 while it works.
    private let waitingSince = Atomic<UInt64>(0)

    /// Since when it waits for its client; 0 while it works for it.
    var waiting: UInt64 { waitingSince.load(ordering: .relaxed) }

    /// Notes that it waits for its client from now on.
    func wait() { waitingSince.store(max(1, NIODeadline.now().uptimeNanoseconds), ordering: .relaxed) }

    /// Notes that it works for its client.
    func work() { waitingSince.store(0, ordering: .relaxed) }
}

/// The open connections of a server.
///
/// Above the limit the connection that waits longest for its client gives its place to the new one: clients that hold
/// connections and send nothing, or half a request, cannot keep others out. One that is being answered is never ended.
final class ConnectionTable: Sendable {
    private struct Entry {
        let channel: any Channel
        let slot: ConnectionSlot
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    /// Creates an empty table.
    init(limit: Int) { self.limit = limit }

    /// Takes in a new connection until it closes; ends another where there are too many.
    func add(_ channel: any Channel) -> ConnectionSlot {
        let slot = ConnectionSlot()
        slot.wait()
        let key = ObjectIdentifier(slot)
        let ended = entries.withLock { entries -> (any Channel)? in
            entries[key] = Entry(channel: channel, slot: slot)
            return entries.count > limit ? Self.takeLongestWaiting(&entries, besides: key) : nil
        }
        ended?.close(promise: nil)
        channel.closeFuture.whenComplete { [self] _ in entries.withLock { _ = $0.removeValue(forKey: key) } }
        return slot
    }

    /// How many are open.
    var count: Int { entries.withLock { $0.count } }

    private static func takeLongestWaiting(
        _ entries: inout [ObjectIdentifier: Entry], besides own: ObjectIdentifier
    ) -> (any Channel)? {
        let waiting = entries.lazy.filter { $0.key != own && $0.value.slot.waiting > 0 }
        guard let key = waiting.min(by: { $0.value.slot.waiting < $1.value.slot.waiting })?.key else { return nil }
        return entries.removeValue(forKey: key)?.channel
    }
}
