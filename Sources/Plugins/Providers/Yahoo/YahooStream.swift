import FetchAssembly
import JSONReading
import PluginKit
import SocketStream

/// Makes quotes or trades of what Yahoo's streamer sends, and pushes them.
struct YahooStream: SocketListener {
    /// How often the subscription is said again; Yahoo takes that for a sign of life.
    private static let heartbeat = Duration.seconds(15)

    /// An instrument as the stream knows it.
    private struct Standing {
        let reference: InstrumentReference
        /// What prices are multiplied by, where a message names no currency.
        let unit: Double
        var time: Int64 = 0
        var dayVolume: Int64?
    }

    private let options: YahooOptions
    private let kind: EventKind
    private let receiver: any EventReceiver
    private var standings: [String: Standing] = [:]
    private var quotes: [Quote] = []
    private var trades: [Trade] = []
    private var defects: [Defect] = []
    /// Whether the host was told that the stream waits for more.
    private var isCaughtUp = false

    /// - Parameter units: what prices of a symbol are multiplied by.
    init(
        _ names: [String: InstrumentReference], units: [String: Double], _ kind: EventKind, _ options: YahooOptions,
        into receiver: any EventReceiver
    ) {
        self.options = options
        self.kind = kind
        self.receiver = receiver
        standings = names.reduce(into: [:]) {
            $0[$1.key] = Standing(reference: $1.value, unit: units[$1.key] ?? 1)
        }
    }

    mutating func opened(_ socket: SocketClient) async throws(PluginError) {
        let names = standings.keys.sorted().map { "\"\($0)\"" }.joined(separator: ",")
        socket.send(#"{"subscribe":[\#(names)]}"#, every: Self.heartbeat)
        if !isCaughtUp { await receiver.caughtUp() }
        isCaughtUp = true
    }

    mutating func received(_ messages: [SocketMessage]) async throws(PluginError) {
        for message in messages { take(message) }
        try await flush()
    }

    mutating func lost(_ fault: PluginError) {
        defects.append(
            Defect(
                instrument: nil, place: "stream", reason: "gap",
                message:
                    "the stream broke off; what came until it is connected again is missing, Yahoo keeps none of it.",
                raw: ""))
    }

    /// Takes a message: an envelope with the text of a `PricingData`, or that text alone.
    private mutating func take(_ message: SocketMessage) {
        var text = message.bytes
        if text.first == UInt8(ascii: "{") {
            guard let node = try? JSONNode(text, JSONSubject("")) else { return refuse(message) }
            guard let inner = node["message"].text, node["type"].text == "pricing" else { return }
            text = Array(inner.utf8)
        }
        guard let bytes = Base64.bytes(text), let pricing = YahooPricing(bytes) else { return refuse(message) }
        guard var standing = standings[pricing.symbol] else { return }
        guard (0..<9_214_646_400_000).contains(pricing.time) else { return refuse(message) }
        if kind == .quote { quote(pricing, &standing) } else { trade(pricing, &standing) }
        standings[pricing.symbol] = standing
    }

    /// Yahoo tells bid and ask of few instruments; without one of them there is no quote.
    private mutating func quote(_ pricing: YahooPricing, _ standing: inout Standing) {
        guard pricing.bid > 0 || pricing.ask > 0, pricing.time >= standing.time else { return }
        let unit = unit(pricing, standing)
        standing.time = pricing.time
        quotes.append(
            Quote(
                time: pricing.time * 1_000_000, bid: pricing.bid > 0 ? pricing.bid * unit : .nan,
                ask: pricing.ask > 0 ? pricing.ask * unit : .nan, bidSize: Double(max(0, pricing.bidSize)),
                askSize: Double(max(0, pricing.askSize)), instrument: standing.reference.id))
    }

    /// The last price; its size is what the day's volume grew by since the message before, else the last size.
    private mutating func trade(_ pricing: YahooPricing, _ standing: inout Standing) {
        let before = standing.dayVolume
        if pricing.dayVolume > 0 { standing.dayVolume = pricing.dayVolume }
        let grown = before.flatMap { pricing.dayVolume > 0 ? pricing.dayVolume - $0 : nil }
        let size = grown ?? pricing.lastSize
        guard pricing.price > 0, size > 0, pricing.time >= standing.time else { return }
        standing.time = pricing.time
        trades.append(
            Trade(
                time: pricing.time * 1_000_000, price: pricing.price * unit(pricing, standing), size: Double(size),
                instrument: standing.reference.id))
    }

    private func unit(_ pricing: YahooPricing, _ standing: Standing) -> Double {
        pricing.currency.map { options.unit(of: $0) } ?? standing.unit
    }

    private mutating func refuse(_ message: SocketMessage) {
        defects.append(
            Defect(
                instrument: nil, place: "stream", reason: "unreadable_message",
                message: "the message is no PricingData in Base64.",
                raw: String(decoding: message.bytes.prefix(200), as: UTF8.self)))
    }

    private mutating func flush() async throws(PluginError) {
        guard !quotes.isEmpty || !trades.isEmpty || !defects.isEmpty else { return }
        let delivery = Delivery(
            batch: kind == .quote ? .quotes(quotes) : .trades(trades), position: StreamPosition(kind.rawValue),
            defects: defects)
        (quotes, trades, defects) = ([], [], [])
        try await receiver.receive(delivery)
    }
}
