import PluginKit

/// The bars both providers give, and what they do wrong.
private struct Source {
    static let rows = 24
    private static let day: Int64 = 86_400_000_000_000
    let breaking: Breaking

    init(_ configuration: Configuration) throws(PluginError) {
        breaking = try Breaking.of(configuration)
        try breaking.breakdown(in: "init")
    }

    func probe() async throws(PluginError) {
        if let fault = breaking.fault(in: "probe") { try await breaking.fail(fault) }
    }

    func bars(_ days: ClosedRange<Int>, of instruments: [InstrumentReference]) -> [Bar] {
        days.flatMap { day in
            instruments.map { Self.bar(Int64(10_957 + day) * Self.day, 10 + Double(day) / 100, $0.id) }
        }
    }

    private static func bar(_ time: Int64, _ close: Double, _ instrument: InstrumentID) -> Bar {
        Bar(time: time, open: 10, high: 11, low: 9, close: close, volume: 100, instrument: instrument)
    }

    /// Bars none of which can be true.
    static func impossible(_ instrument: InstrumentID) -> [Bar] {
        let now = 10_957 * day
        return [
            bar(.min, 10, instrument), bar(.max, 10, instrument), bar(now, .nan, instrument),
            bar(now, .infinity, instrument), bar(now, -.greatestFiniteMagnitude, instrument), bar(now, 0, instrument),
        ]
    }

    static let strangers = [
        bar(day, 10, InstrumentID(rawValue: 4_000_000)), bar(day, 10, InstrumentID(rawValue: .max)),
    ]
}

/// Pushes six times four bars.
struct FaultyPush: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "faulty_push", version: "1.0.0", summary: "Breaks as it is told.",
        schema: Breaking.schema,
        provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: false, needsNetwork: false))
    private let source: Source

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        source = try Source(configuration)
    }

    func probe() async throws(PluginError) { try await source.probe() }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        Reply(events: source.bars(1...Source.rows, of: request.instruments).filter { request.range.contains($0.time) })
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let after = subscription.resumeAfter.flatMap { Int($0.text) } ?? 0
        for number in 1...6 where number * 4 > after {
            if let fault = source.breaking.fault(inPush: number) {
                if fault == "early" { return }
                guard let batch = Self.garbage(fault, subscription) else {
                    try await source.breaking.fail(fault)
                    return
                }
                try await receiver.receive(Delivery(batch: batch, position: StreamPosition("x")))
            }
            let bars = source.bars(number * 4 - 3...number * 4, of: subscription.instruments)
            try await receiver.receive(Delivery(batch: .bars(bars), position: StreamPosition("\(number * 4)")))
        }
    }

    private static func garbage(_ fault: String, _ subscription: Subscription) -> EventBatch? {
        guard let instrument = subscription.instruments.first?.id else { return nil }
        switch fault {
        case "values": return .bars(Source.impossible(instrument))
        case "unknown": return .bars(Source.strangers)
        case "kind": return .trades([Trade(time: 1, price: 1, size: 1, instrument: instrument)])
        default: return nil
        }
    }
}

/// Answers requests only.
struct FaultyPull: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "faulty_pull", version: "1.0.0", summary: "Breaks as it is told.",
        schema: Breaking.schema,
        provider: ProviderCapabilities(fetches: [.bar], streams: [], isReplay: false, needsNetwork: false))
    private let source: Source

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        source = try Source(configuration)
    }

    func probe() async throws(PluginError) { try await source.probe() }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        var bars = source.bars(1...Source.rows, of: request.instruments).filter { request.range.contains($0.time) }
        switch source.breaking.fault(in: "fetch") {
        case "unknown": bars = Source.strangers
        case "values": bars = Source.impossible(request.instruments[0].id)
        case "kind": return Reply(events: [Trade]())
        case let fault?: try await source.breaking.fail(fault)
        case nil: break
        }
        return Reply(events: bars)
    }
}
