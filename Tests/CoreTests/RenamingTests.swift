import HostCore
import PluginKit
import Synchronization
import Testing

/// Instruments that had other names before.
struct RenamingTests {
    private static let meta = Instrument(code: "META", venue: "US")
    private static let fb = Instrument(code: "FB", venue: "US")
    private static let ibm = Instrument(code: "IBM", venue: "US")
    /// META until the fifth day of somebody else; FB from the second day on, until the fifth.
    private static let names = [
        meta: DatedNames(meta, earlier: [(nil, 2 * day), (fb, 5 * day)])
    ]

    /// A source of one close by name and day.
    private final class Source: Provider {
        static let descriptor = PluginDescriptor(
            kind: .provider, name: "names", summary: "", schema: ConfigurationSchema([]))
        let closes: [Instrument: [Int: Double]]
        let asked = Mutex<[String]>([])

        init(_ closes: [Instrument: [Int: Double]]) { self.closes = closes }

        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
            throw PluginError(.unsupported, "provider/names: is for tests.")
        }

        private func bars(_ reference: InstrumentReference, _ range: ClosedRange<Int64>) -> [Bar] {
            (closes[reference.instrument] ?? [:]).sorted { $0.key < $1.key }.map {
                bar(Int(reference.id.rawValue), $0.key, close: $0.value)
            }.filter { range.contains($0.time) }
        }

        func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
            asked.withLock { asked in asked += request.instruments.map { "\($0.instrument)" } }
            let unknown = request.instruments.first { closes[$0.instrument] == nil }
            if let unknown { throw PluginError(.notFound, "provider/names: has no '\(unknown.instrument)'.") }
            return Reply(events: request.instruments.flatMap { bars($0, request.range) })
        }

        func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
            let all = subscription.instruments.flatMap { bars($0, .min ... .max) }.sorted { $0.time < $1.time }
            for (number, bar) in all.enumerated() {
                try await receiver.receive(Delivery(batch: .bars([bar]), position: StreamPosition("\(number)")))
            }
        }
    }

    private final class Bars: EventReceiver {
        let all = Mutex<[Bar]>([])
        func receive(_ delivery: Delivery) async throws(PluginError) {
            if case .bars(let bars) = delivery.batch { all.withLock { $0 += bars } }
        }
    }

    private func renaming(_ source: Source, isReplay: Bool = true, told: Told = Told()) -> RenamingProvider {
        RenamingProvider(
            source, names: Self.names, isReplay: isReplay, number: { _ in id(9) }, tell: { told.add($0) })
    }

    private final class Told: Sendable {
        let all = Mutex<[String]>([])
        func add(_ text: String) { all.withLock { $0.append(text) } }
    }

    private static let references = [
        InstrumentReference(id: id(0), instrument: ibm), InstrumentReference(id: id(1), instrument: meta),
    ]

    private static let closes = [
        ibm: [1: 90.0, 6: 91], fb: [1: 1, 2: 2, 3: 3, 4: 4, 5: 55, 6: 66], meta: [3: 33, 5: 5, 6: 6],
    ]

    @Test func eachTimeIsAskedUnderTheNameOfItsDay() async throws {
        let source = Source(Self.closes)
        let reply = try await renaming(source).fetch(FetchRequest(.bar, of: Self.references))
        let bars = try reply.events(Bar.self)
        #expect(bars.filter { $0.instrument == id(0) }.map(\.close) == [90, 91])
        // Neither the owner of META before, nor what became of FB after.
        #expect(bars.filter { $0.instrument == id(1) }.map(\.close) == [2, 3, 4, 5, 6])
        #expect(source.asked.withLock { $0 } == ["IBM.US", "FB.US", "META.US"])
        let late = Source(Self.closes)
        let new = try await renaming(late).fetch(
            FetchRequest(.bar, of: Self.references, range: (5 * day)...(9 * day)))
        #expect(try new.events(Bar.self).map(\.close) == [91, 5, 6])
        #expect(late.asked.withLock { $0 } == ["IBM.US", "META.US"])
    }

    @Test func aSourceThatMovedTheHistoryIsAskedUnderTheOwnName() async throws {
        let source = Source([Self.meta: [1: 1, 2: 2, 3: 3, 6: 6], Self.ibm: [1: 9]])
        let reply = try await renaming(source).fetch(FetchRequest(.bar, of: Self.references))
        #expect(try reply.events(Bar.self).map(\.close) == [9, 2, 3, 6])
        #expect(source.asked.withLock { $0 } == ["IBM.US", "FB.US", "META.US", "META.US"])
        let nobody = await #expect(throws: PluginError.self) {
            _ = try await renaming(Source([:])).fetch(FetchRequest(.bar, of: [Self.references[1]]))
        }
        #expect(nobody?.code == .notFound)
    }

    @Test func aReplayIsOneInstrumentAndForeignEventsAreTold() async throws {
        let (bars, told) = (Bars(), Told())
        try await renaming(Source(Self.closes), told: told).stream(
            Subscription(instruments: Self.references, kind: .bar, timeframe: daily), into: bars)
        let all = bars.all.withLock { $0 }
        #expect(all.filter { $0.instrument == id(1) }.map(\.close) == [2, 3, 4, 5, 6])
        #expect(Set(all.map(\.instrument)) == [id(0), id(1)])
        #expect(told.all.withLock { $0.count } == 2)
        #expect(told.all.withLock { $0.allSatisfy { $0.contains("another one's") } })
        // A live stream is asked for what is valid now alone.
        let live = Bars()
        try await renaming(Source(Self.closes), isReplay: false).stream(
            Subscription(instruments: Self.references, kind: .bar, timeframe: daily), into: live)
        #expect(live.all.withLock { $0.filter { $0.instrument == id(1) }.map(\.close) } == [5, 6])
    }
}
