import PluginKit

typealias ArrivalResult = Result<[StreamArrival], PluginError>

/// What the thread of an `EventSource` and its task hand each other; guarded by the loop's lock.
struct EventMailbox {
    typealias Waiter = CheckedContinuation<ArrivalResult, Never>

    /// A stream that is to be opened.
    struct Start {
        let stream: Int
        let request: HTTPRequest
        let due: ContinuousClock.Instant
    }

    /// Bytes of events that wait to be taken; nothing more is read until some were.
    private static let maximumWaiting = 16 << 20

    private var arrived: [StreamArrival] = []
    private var arrivedBytes = 0
    private var starts: [Start] = []
    private var waiter: Waiter?
    private var ending: PluginError?
    /// Whether the thread runs.
    var isRunning = false

    /// Whether so much waits to be taken that nothing more is read.
    var isFull: Bool { arrivedBytes >= Self.maximumWaiting }
    /// Whether it was stopped, or cannot go on.
    var hasEnded: Bool { ending != nil }
    /// When the next stream is to be opened.
    var nextStart: ContinuousClock.Instant? { starts.map(\.due).min() }

    mutating func open(_ start: Start) { starts.append(start) }

    /// Returns the streams that are to be opened now, once.
    mutating func takeStarts(now: ContinuousClock.Instant) -> [Start] {
        let due = starts.filter { $0.due <= now }
        starts.removeAll { $0.due <= now }
        return due
    }

    /// Adds what came; returns who waits for it, with all there is.
    mutating func add(_ arrival: StreamArrival) -> (waiter: Waiter, result: ArrivalResult)? {
        arrived.append(arrival)
        if case .events(let events) = arrival.content { arrivedBytes += events.reduce(0) { $0 + $1.data.count } }
        return takeWaiter().map { ($0, take()) }
    }

    /// Notes the end; what came before it can still be taken.
    mutating func end(_ error: PluginError) -> Waiter? {
        if ending == nil { ending = error }
        return takeWaiter()
    }

    /// Returns what came since, or why nothing more does; `nil` where it is to be waited for.
    mutating func ready() -> ArrivalResult? { arrived.isEmpty ? ending.map { .failure($0) } : take() }

    mutating func wait(_ waiter: Waiter) { self.waiter = waiter }

    private mutating func takeWaiter() -> Waiter? {
        defer { waiter = nil }
        return waiter
    }

    private mutating func take() -> ArrivalResult {
        defer { (arrived, arrivedBytes) = ([], 0) }
        return .success(arrived)
    }
}
