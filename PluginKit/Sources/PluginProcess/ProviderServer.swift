import PluginKit
import StdioProtocol
import Synchronization

/// Serves a provider: requests and streams are tasks; a stream waits for the host's credits.
final class ProviderServer: KindServer {
    private let provider: any Provider
    private let channel: HostChannel
    private let tasks: RunningTasks
    private var gates: [UInt64: CreditGate] = [:]
    private let positions: AsyncStream<StreamPosition>.Continuation
    var plugin: (any Plugin)? { provider }

    init(_ provider: any Provider, _ channel: HostChannel, _ tasks: RunningTasks) {
        self.provider = provider
        self.channel = channel
        self.tasks = tasks
        // Bounded: of positions that wait, only the last matters.
        let (stream, positions) = AsyncStream<StreamPosition>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.positions = positions
        // Number 0 is no request's; cancelled with all when the program ends.
        tasks.start(0) { for await position in stream { await provider.acknowledge(position) } }
    }

    func respond(to message: Message) throws(PluginError) -> Response? {
        switch message.type {
        case "fetch": return try fetch(message)
        case "instruments": return instruments()
        case "trading_days": return try tradingDays(message)
        case "start": return try start(message)
        case "credit":
            gates[message.id]?.give(Int(clamping: message.body["credits"]?.integer ?? 1))
            return .silent
        case "acknowledge":
            positions.yield(StreamPosition(message.body["position"]?.text ?? ""))
            return .silent
        case "probe": return .probe(provider)
        default: return nil
        }
    }

    private func fetch(_ message: Message) throws(PluginError) -> Response {
        let provider = provider
        let (low, high) = (message.body["from"]?.integer ?? .min, message.body["to"]?.integer ?? .max)
        guard low <= high else { throw PluginError(.badRequest, "'from' is \(low), after 'to', \(high).") }
        let request = FetchRequest(
            try message.kind(), of: HostNames.references(message), timeframe: try message.timeframe(),
            range: low...high)
        return .later { () async throws(PluginError) in
            let reply = try await provider.fetch(request)
            return Answer(["defects": DefectList.json(reply.defects)], frames: [.events(reply.batch)])
        }
    }

    private func instruments() -> Response {
        let provider = provider
        return .later { () async throws(PluginError) in
            Answer(["instruments": .texts(try await provider.instruments().map(\.description))])
        }
    }

    private func tradingDays(_ message: Message) throws(PluginError) -> Response {
        let (provider, venue) = (provider, message.body["venue"]?.text ?? "")
        let (first, last) = (message.body["first"]?.integer ?? 0, message.body["last"]?.integer ?? -1)
        guard first <= last, last - first <= 100_000, !venue.isEmpty else {
            throw PluginError(.badRequest, "'trading_days' has no 'venue', or no 'first' and 'last' day.")
        }
        return .later { () async throws(PluginError) in
            let days = try await provider.tradingDays(of: venue, Int(first)...Int(last))
            return Answer(["days": .array(days.map { .integer(Int64($0)) })])
        }
    }

    private func start(_ message: Message) throws(PluginError) -> Response {
        let subscription = Subscription(
            instruments: HostNames.references(message), kind: try message.kind(), timeframe: try message.timeframe(),
            resumeAfter: message.body["resume_after"]?.text.map { StreamPosition($0) },
            waitsForMore: message.body["waits_for_more"]?.boolean ?? false)
        let gate = CreditGate(Int(clamping: message.body["credits"]?.integer ?? 0))
        gates = gates.filter { !$0.value.isClosed }
        gates[message.id] = gate
        tasks.onCancel(message.id) { gate.close() }
        let (provider, receiver) = (provider, HostReceiver(message.id, channel, gate))
        return .later { () async throws(PluginError) in
            defer { gate.close() }
            try await provider.stream(subscription, into: receiver)
            return Answer()
        }
    }
}

extension Message {
    fileprivate func kind() throws(PluginError) -> EventKind {
        guard let kind = EventKind(rawValue: body["kind"]?.text ?? "") else {
            throw PluginError(.badRequest, "'\(type)' has no known 'kind'.")
        }
        return kind
    }

    fileprivate func timeframe() throws(PluginError) -> Timeframe {
        guard let timeframe = Timeframe(body["timeframe"]?.text ?? "") else {
            throw PluginError(.badRequest, "'\(type)' has no 'timeframe'.")
        }
        return timeframe
    }
}

/// The host's end of a stream: each delivery costs a credit.
private final class HostReceiver: EventReceiver {
    private let id: UInt64
    private let channel: HostChannel
    private let gate: CreditGate
    private let sequence = Atomic<Int64>(0)

    init(_ id: UInt64, _ channel: HostChannel, _ gate: CreditGate) {
        self.id = id
        self.channel = channel
        self.gate = gate
    }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        guard await gate.take() else { throw PluginError(.cancelled, "the stream was cancelled.") }
        let body: [String: JSONValue] = [
            "sequence": .integer(sequence.add(1, ordering: .relaxed).newValue),
            "position": .text(delivery.position.text), "defects": DefectList.json(delivery.defects),
        ]
        channel.send(Message("batch", id: id, body, frames: [.events(delivery.batch)]))
    }
}

/// Holds a stream back until the host has room.
final class CreditGate: Sendable {
    private struct State {
        var credits: Int
        var isClosed = false
        var waiting: CheckedContinuation<Bool, Never>?
    }

    private let state: Mutex<State>

    init(_ credits: Int) { state = Mutex(State(credits: max(0, credits))) }

    /// Whether the stream has ended.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes a credit, and waits where there is none; `false` when the stream is to end.
    func take() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.isClosed { return false }
                if state.credits == 0 {
                    // A provider awaits each delivery, so nobody waits here already.
                    state.waiting = continuation
                    return nil
                }
                state.credits -= 1
                return true
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Adds credits.
    func give(_ count: Int) {
        let waiting = state.withLock { state in
            state.credits += max(0, min(count, 1 << 20))
            guard state.credits > 0, let waiting = state.waiting else {
                return nil as CheckedContinuation<Bool, Never>?
            }
            state.credits -= 1
            state.waiting = nil
            return waiting
        }
        waiting?.resume(returning: true)
    }

    /// Ends the stream.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: false)
    }
}
