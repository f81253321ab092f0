import PluginKit

/// A message that came over a WebSocket.
public struct SocketMessage: Sendable, Hashable {
    /// The text's or the binary's bytes.
    public let bytes: [UInt8]
    /// When it was read, nanoseconds since the Unix epoch, UTC.
    public let arrival: Int64

    /// Creates a message.
    public init(_ bytes: [UInt8], arrival: Int64) {
        self.bytes = bytes
        self.arrival = arrival
    }
}

typealias SocketResult = Result<[SocketMessage], PluginError>

/// What a socket's thread and its tasks hand each other; guarded by the socket's lock.
struct SocketMailbox {
    typealias Waiter = CheckedContinuation<SocketResult, Never>

    private var arrived: [SocketMessage] = []
    private var arrivedBytes = 0
    private var outgoing: [UInt8] = []
    private var waiter: Waiter?
    private var ending: PluginError?
    private(set) var isOpen = false
    private(set) var isStopped = false
    private(set) var repeated: (text: String, every: Duration)?

    /// Whether so much waits to be taken that nothing more is read.
    var isFull: Bool { arrivedBytes >= SocketOptions.maximumWaiting }
    /// Why the connection ended.
    var hasEnded: Bool { ending != nil }

    mutating func send(_ frame: [UInt8]) { outgoing += frame }

    mutating func send(_ text: String, every span: Duration) { repeated = (text, span) }

    mutating func takeOutgoing() -> [UInt8] {
        defer { outgoing = [] }
        return outgoing
    }

    mutating func stop() { isStopped = true }

    /// Notes that the handshake is done; returns who waits for it.
    mutating func open() -> Waiter? {
        isOpen = true
        return takeWaiter()
    }

    /// Adds messages; returns who waits for them, with what there is.
    mutating func add(_ messages: [SocketMessage]) -> (waiter: Waiter, result: SocketResult)? {
        arrived += messages
        arrivedBytes += messages.reduce(0) { $0 + $1.bytes.count }
        guard !arrived.isEmpty, let waiter = takeWaiter() else { return nil }
        return (waiter, take())
    }

    /// Notes the end; what came before it can still be taken.
    mutating func end(_ error: PluginError) -> Waiter? {
        if ending == nil { ending = error }
        return takeWaiter()
    }

    /// Returns what came since, or why nothing more does; `nil` where it is to be waited for.
    mutating func ready() -> SocketResult? {
        if !arrived.isEmpty { return take() }
        return ending.map { .failure($0) }
    }

    mutating func wait(_ waiter: Waiter) { self.waiter = waiter }

    mutating func takeWaiter() -> Waiter? {
        defer { waiter = nil }
        return waiter
    }

    private mutating func take() -> SocketResult {
        defer { (arrived, arrivedBytes) = ([], 0) }
        return .success(arrived)
    }
}
