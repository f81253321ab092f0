import HTTPTypes
import HostCore
import HostWebSocket
import Hummingbird
import NIOCore
import PluginKit
import ServiceLifecycle
import Synchronization

/// The live channels as Server-Sent Events, for clients that speak no WebSocket: `/sse/enhanced` has what `/ws/enhanced` has.
///
/// Each message is an event whose `id` is the message's own, so that a browser's `EventSource` comes back by itself with
/// `Last-Event-ID` where it stopped. A stream reads the channel's journal at its client's pace: it holds no queue, and a client
/// that is slower than the journal is long is told of the gap.
struct EventStreams: Sendable {
    /// How often it is looked whether a client may stay.
    private static let lookEvery = Duration.seconds(5)

    private let hub: ChannelHub
    private let instruments: InstrumentTable
    private let most: Int
    private let gate: AccessGate
    private let open = Counter()

    /// Creates the streams of a hub's channels, of which `most` may be open.
    init(hub: ChannelHub, instruments: InstrumentTable, most: Int, gate: AccessGate) {
        (self.hub, self.instruments, self.most, self.gate) = (hub, instruments, most, gate)
    }

    /// The paths, in the order of the channels.
    var paths: [String] { hub.channels.map(Self.path) }

    /// Returns the path of a channel's stream.
    static func path(_ channel: String) -> String {
        "/sse/" + channel.split(separator: "/").dropFirst().joined(separator: "/")
    }

    /// Adds the routes.
    func add(to router: Router<GatewayContext>) {
        for channel in hub.channels {
            router.get(RouterPath(Self.path(channel))) { request, context in
                try context.check(LiveChannels.scope(of: channel), request)
                return try response(channel, request)
            }
        }
    }

    private func response(_ channel: String, _ request: Request) throws -> Response {
        var choice = try LiveChannels.choice(request.uri.query ?? "", instruments)
        if let field = HTTPField.Name("Last-Event-ID"), let text = request.headers[field] {
            choice.after = Int(text) ?? -1
        }
        guard open.value < most else { throw UpgradeRefusal.tooManyConnections }
        let (asked, scope) = (AccessRequest(request), LiveChannels.scope(of: channel))
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { [hub, open, gate, choice] writer in
                guard let waiting = hub.signs(of: channel) else { return }
                open.add(1)
                defer {
                    open.add(-1)
                    waiting.end()
                }
                var stream = EventStream(hub: hub, channel: channel, choice: choice)
                try await writer.write(stream.begin())
                while let more = stream.more() { try await writer.write(more) }
                var looked = ContinuousClock.now
                for await _ in waiting.signs.cancelOnGracefulShutdown() {
                    if looked.duration(to: .now) >= Self.lookEvery {
                        guard gate.mayStay(asked, scope) else { break }
                        looked = .now
                    }
                    while let more = stream.more() { try await writer.write(more) }
                    if let heartbeat = stream.heartbeat() { try await writer.write(heartbeat) }
                }
                try await writer.finish(nil)
            })
    }

    /// How many streams are open.
    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add(_ number: Int) { count.wrappingAdd(number, ordering: .relaxed) }
    }
}

/// What one client of a stream has, and what comes next.
struct EventStream {
    private let hub: ChannelHub
    private let channel: String
    private let choice: ChannelChoice
    private var reached = 0
    private var written = ContinuousClock.now

    /// Creates a stream at its beginning.
    init(hub: ChannelHub, channel: String, choice: ChannelChoice) {
        (self.hub, self.channel, self.choice) = (hub, channel, choice)
    }

    /// Returns what comes first: a snapshot, or nothing where the client says what it has.
    mutating func begin() -> ByteBuffer {
        guard let after = choice.after else { return snapshot() }
        reached = after
        return ByteBuffer(string: ":\n\n")
    }

    /// Returns what there is now; `nil` where the client has everything.
    mutating func more() -> ByteBuffer? {
        guard let (messages, last) = hub.messages(of: channel, after: reached, choice) else {
            var events = ByteBuffer()
            Self.append(hub.gap(channel, "after", reached), id: nil, to: &events)
            events.writeImmutableBuffer(snapshot())
            return events
        }
        guard last != reached else { return nil }
        (reached, written) = (last, .now)
        var events = ByteBuffer()
        for message in messages { Self.append(message.text, id: message.id, to: &events) }
        return events
    }

    /// Returns a comment where nothing was sent for long.
    mutating func heartbeat() -> ByteBuffer? {
        guard written.duration(to: .now) >= .seconds(LiveStatus.heartbeat - 2) else { return nil }
        written = .now
        return ByteBuffer(string: ": heartbeat\n\n")
    }

    private mutating func snapshot() -> ByteBuffer {
        let (welcome, last) = hub.welcome(channel, choice)
        reached = last
        var events = ByteBuffer()
        if let welcome { Self.append(welcome, id: last, to: &events) }
        return events
    }

    /// A message holds no line end: JSON escapes them.
    private static func append(_ message: ByteBuffer, id: Int?, to events: inout ByteBuffer) {
        if let id { events.writeString("id: \(id)\n") }
        events.writeString("data: ")
        events.writeImmutableBuffer(message)
        events.writeString("\n\n")
    }
}
