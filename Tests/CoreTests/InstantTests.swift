import PluginKit
import Testing

@testable import HostCore

/// Trades share instants: wherever a run ends, the next one goes on with the very next trade.
@Suite struct InstantTests {
    /// Pushes deliveries after a position; breaks off after each of them where it is told to.
    private final class Log: Provider {
        static let descriptor = PluginDescriptor(
            kind: .provider, name: "log", summary: "A log with positions.", schema: ConfigurationSchema([]),
            provider: ProviderCapabilities(fetches: [], streams: [.trade], isReplay: true, needsNetwork: false))

        let deliveries: [Delivery]
        let breaksOff: Bool
        let asked = Guarded<[String?]>([])

        init(_ deliveries: [Delivery], breaksOff: Bool = false) {
            (self.deliveries, self.breaksOff) = (deliveries, breaksOff)
        }

        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
            throw PluginError(.unsupported, "provider/log: is for tests.")
        }

        func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
            let after = subscription.resumeAfter?.text
            let tries = asked.change { asked in
                asked.append(after)
                return asked.count
            }
            let start = deliveries.firstIndex { $0.position.text == after }.map { $0 + 1 } ?? 0
            for (pushed, delivery) in deliveries[start...].enumerated() {
                try await receiver.receive(delivery)
                // Further each time: what it had not acknowledged comes again.
                if breaksOff, pushed == tries { throw PluginError(.transient, "provider/log: gone.") }
            }
        }
    }

    /// Keeps which event each row is about, and its price.
    private final class PlaceSink: Sink {
        static let descriptor = PluginDescriptor(
            kind: .sink, name: "places", summary: "", schema: ConfigurationSchema([]))

        let rows = Guarded<[String]>([])
        /// How often each flush lets others go first, at most.
        let pauses: Int

        init(pauses: Int = 0) { self.pauses = pauses }
        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { pauses = 0 }

        func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
            guard case .trades(let trades) = batch.content else { return .accepted }
            rows.change { rows in
                for (trade, place) in zip(trades, batch.places) {
                    rows.append("\(trade.time) I\(trade.instrument.rawValue) \(place) \(trade.price)")
                }
            }
            return .accepted
        }

        func flush() async throws(PluginError) {
            guard pauses > 0 else { return }
            for _ in 0..<rows.value.count * 7 % (pauses * 3) { await Task.yield() }
        }
    }

    /// Up to nine trades of two instruments share each instant; many are equal, some cannot be true.
    private static let trades: [Trade] = (1...9).flatMap { (instant: Int) -> [Trade] in
        (0..<instant).flatMap { number in
            (0..<2).map { slot in
                Trade(
                    time: Int64(instant) * day, price: number < 6 ? 10 : 11, size: number == 3 ? 0 : 1,
                    instrument: id(slot))
            }
        }
    }

    private static var deliveries: [Delivery] {
        var deliveries: [Delivery] = []
        var start = 0
        while start < trades.count {
            let end = min(trades.count, start + 1 + deliveries.count % 4)
            deliveries.append(
                Delivery(batch: .trades(Array(trades[start..<end])), position: StreamPosition("\(end)")))
            start = end
        }
        return deliveries
    }

    private static func rig(_ stores: MemoryStores, workers: Int) -> Rig {
        var rig = Rig()
        (rig.stores, rig.workers, rig.kind, rig.streamDigest) = (stores, workers, .trade, "stream")
        rig.instrumentCount = 2
        return rig
    }

    private static func run(_ log: Log, _ stores: MemoryStores, _ sink: PlaceSink, workers: Int) async throws {
        let pipeline = rig(stores, workers: workers).pipeline(log, [Rig.sink("keep", sink, records: [.trades])])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
    }

    private static func whole() async throws -> [String] {
        let sink = PlaceSink()
        try await run(Log(deliveries), MemoryStores(), sink, workers: 1)
        return sink.rows.value.sorted()
    }

    /// - Parameter staleness: how many runs before the last one kept its position.
    @Test(arguments: [1, 2], [0, 1, 3]) func aRunMayEndWithinAnyInstant(workers: Int, staleness: Int) async throws {
        let whole = try await Self.whole()
        let (all, stores, sink) = (Self.deliveries, MemoryStores(), PlaceSink())
        var marks: [StreamMark?] = []
        for end in 1...all.count {
            let log = Log(Array(all[..<end]))
            if end > staleness + 1 { try await stores.keep(marks[end - 2 - staleness], of: "main") }
            try await Self.run(log, stores, sink, workers: workers)
            let start = end > staleness + 1 ? all[end - 2 - staleness].position.text : nil
            if end > 1, staleness == 0 { #expect(log.asked.value == [start]) }
            marks.append(try await stores.position(of: "main"))
        }
        #expect(sink.rows.value.sorted() == whole)
        #expect(stores.stored(Trade.self, under: "main").count == whole.count)
    }

    /// What is acknowledged when it breaks off is another each time: a position may lie among what comes again.
    @Test(arguments: [1, 2], 1...20) func aStreamMayBreakOffWithinAnyInstant(workers: Int, turn: Int) async throws {
        let (stores, sink, log) = (MemoryStores(), PlaceSink(pauses: turn), Log(Self.deliveries, breaksOff: true))
        try await Self.run(log, stores, sink, workers: workers)
        let whole = try await Self.whole()
        let found = sink.rows.value.sorted()
        #expect(found == whole, "\(found.count) for \(whole.count) rows, asked \(log.asked.value)")
        #expect(stores.stored(Trade.self, under: "main").count == found.count)
        #expect(log.asked.value.count > 3)
    }

    /// Without a position the source begins anew; the sink's own mark says what it has.
    @Test(arguments: [1, 2]) func aSourceWithoutPositionsIsPlayedAgain(workers: Int) async throws {
        let whole = try await Self.whole()
        let (all, stores, sink) = (Self.deliveries, MemoryStores(), PlaceSink())
        for end in Array(stride(from: 1, through: all.count, by: 3)) + [all.count] {
            try await stores.keep(nil, of: "main")
            try await Self.run(Log(Array(all[..<end])), stores, sink, workers: workers)
        }
        #expect(sink.rows.value.sorted() == whole)
    }
}
