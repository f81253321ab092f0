import FetchAssembly
import JSONReading
import PluginKit
import SocketStream

/// Drives a feed: subscribes, reads messages, asks over REST for what is missing, and pushes.
struct BinanceStream<Feed: BinanceFeed>: SocketListener {
    /// Events of one push, about.
    private static var size: Int { 1_024 }
    /// Streams of one message that subscribes; a connection may have 1,024 and sends five messages a second at most.
    private static var names: Int { 200 }

    let symbols: BinanceSymbols
    let owner: String
    let receiver: any EventReceiver
    /// Asked for what is missing; `nil` where a recording is played.
    let source: Binance?
    /// Binance's name of the stream, behind the symbol: `@aggTrade`.
    let suffix: String
    private(set) var feed: Feed
    /// Where a recording stands; nothing is pushed of what is before `resumesAfter`.
    var line: Int64?
    var resumesAfter: Int64 = 0
    private var frame = BinanceFrame()
    private var found = FetchedEvents<Feed.Event>()
    private var position: StreamPosition
    private var lastSlot = 0
    /// Whether the host was told that the stream waits for more.
    private var isCaughtUp = false
    private let subject: JSONSubject

    init(
        _ plan: BinanceFeedPlan, _ suffix: String, owner: String, source: Binance?, into receiver: any EventReceiver
    ) {
        feed = Feed(plan)
        symbols = plan.symbols
        self.suffix = suffix
        self.owner = owner
        self.source = source
        self.receiver = receiver
        subject = JSONSubject("\(owner): a message of the stream")
        position = BinancePosition.text(feed, symbols, line: nil)
    }

    mutating func opened(_ socket: SocketClient) async throws(PluginError) {
        let names = symbols.texts.map { "\"\($0.lowercased())\(suffix)\"" }
        for start in stride(from: 0, to: names.count, by: Self.names) {
            if start > 0 { try await pause() }
            let part = names[start..<min(start + Self.names, names.count)].joined(separator: ",")
            socket.send(#"{"method":"SUBSCRIBE","params":[\#(part)],"id":\#(start / Self.names + 1)}"#)
        }
        if !isCaughtUp { await receiver.caughtUp() }
        isCaughtUp = true
    }

    mutating func received(_ messages: [SocketMessage]) async throws(PluginError) {
        for message in messages { try await take(message) }
        try await flush()
    }

    mutating func lost(_ fault: PluginError) { feed.lost(into: &found) }

    /// Takes one message; pushes where enough gathered.
    mutating func take(_ message: SocketMessage) async throws(PluginError) {
        do throws(PluginError) { try frame.read(message.bytes, subject) } catch {
            found.defects.append(
                Defect(
                    instrument: nil, place: line.map { "line \($0)" } ?? "stream", reason: "unreadable_message",
                    message: error.message, raw: String(decoding: message.bytes.prefix(200), as: UTF8.self)))
            return
        }
        guard let slot = try slot() else { return }
        if frame.kind == .snapshot { return feed.begin(frame, slot, into: &found) }
        if let missing = feed.take(frame, slot, message, into: &found) {
            if try await settle(missing, slot) { _ = feed.take(frame, slot, message, into: &found) }
        }
        if found.events.count >= Self.size { try await flush() }
    }

    /// The slot of the instrument a message is about, where it is about one and of the feed's kind.
    private mutating func slot() throws(PluginError) -> Int? {
        switch frame.kind {
        case .answer:
            guard let words = frame.message else { return nil }
            throw PluginError(
                .badRequest,
                "\(owner): Binance refused the subscription, it says \(PluginError.quoted(words)). Check the symbols.")
        // A snapshot in a recording does not say whose it is.
        case .snapshot: return source == nil ? lastSlot : nil
        case Feed.kind:
            guard let slot = symbols.slot(frame.symbol) else { return nil }
            lastSlot = slot
            return slot
        default: return nil
        }
    }

    /// Gets what is missing, or goes on without it; returns whether the message can be taken now.
    private mutating func settle(_ missing: MissingPart, _ slot: Int) async throws(PluginError) -> Bool {
        guard let source else { return feed.skip(missing, slot, into: &found) }
        try await feed.fill(missing, slot, from: source, into: &found)
        return true
    }

    /// Pushes what gathered, a large fill in parts: only the last has the new position.
    mutating func flush() async throws(PluginError) {
        if Task.isCancelled { throw PluginError(.cancelled, "\(owner): the stream was cancelled.") }
        guard !found.events.isEmpty || !found.defects.isEmpty else { return }
        let all = found
        found = FetchedEvents()
        if let line, line <= resumesAfter { return }
        let next = BinancePosition.text(feed, symbols, line: line)
        var defects = all.defects
        for start in stride(from: 0, to: max(1, all.events.count), by: 2 * Self.size) {
            let part = all.events[start..<min(start + 2 * Self.size, all.events.count)]
            let isLast = start + 2 * Self.size >= all.events.count
            try await receiver.receive(
                Delivery(
                    batch: Feed.Event.batch(Array(part)), position: isLast ? next : position, defects: defects))
            defects = []
        }
        position = next
    }

    /// Pushes what is wanted before the first message.
    mutating func begin() async throws(PluginError) {
        guard let source else { return }
        for slot in 0..<symbols.count {
            guard let missing = feed.missingAtStart(slot) else { continue }
            try await feed.fill(missing, slot, from: source, into: &found)
            try await flush()
        }
    }

    /// Adds what came another way.
    mutating func add(_ events: FetchedEvents<Feed.Event>) { found.add(events) }

    private func pause() async throws(PluginError) {
        do { try await Task.sleep(for: .milliseconds(250)) } catch {
            throw PluginError(.cancelled, "\(owner): the stream was cancelled.")
        }
    }
}

/// Where a stream stands, as text: `trade BTCUSDT=26129 ETHUSDT=18`, or `trade @512` for the line of a recording.
enum BinancePosition {
    static func text<Feed: BinanceFeed>(_ feed: Feed, _ symbols: BinanceSymbols, line: Int64?) -> StreamPosition {
        let kind = Feed.Event.kind.rawValue
        if let line { return StreamPosition("\(kind) @\(line)") }
        let standing = symbols.texts.enumerated().compactMap { slot, text in feed.known(slot).map { " \(text)=\($0)" } }
        return StreamPosition(kind + standing.joined())
    }

    /// Reads a position of a kind of stream; throws `.badRequest` for one of another.
    static func read(
        _ position: StreamPosition?, _ kind: EventKind, _ instance: String
    ) throws(PluginError) -> (known: [String: Int64], line: Int64) {
        guard let position else { return ([:], 0) }
        let words = position.text.split(separator: " ")
        var known: [String: Int64] = [:]
        var line: Int64 = 0
        var isOwn = words.first.map(String.init) == kind.rawValue
        for word in words.dropFirst() {
            let parts = word.split(separator: "=")
            if word.hasPrefix("@"), let number = Int64(word.dropFirst()) {
                line = number
            } else if parts.count == 2, let number = Int64(parts[1]), number >= 0 {
                known[String(parts[0])] = number
            } else {
                isOwn = false
            }
        }
        guard isOwn else {
            throw PluginError(
                .badRequest,
                "\(instance): the position \(PluginError.quoted(position.text)) is none of a stream of \(kind.rawValue) events. Begin anew."
            )
        }
        return (known, line)
    }
}
