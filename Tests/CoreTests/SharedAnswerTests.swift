import HostCore
import PluginKit
import Synchronization
import Testing

/// Streams of several pipelines that ask one provider, each when its turn comes.
struct SharedAnswerTests {
    /// A provider that notes what it was asked, and the route of a pipeline to it.
    private final class Source: Sendable {
        let asked = Mutex<[[InstrumentID]]>([])
        let fault = Mutex<PluginError?>(nil)
        private let slot = Mutex<ProviderSlot?>(nil)

        init(bars: Int = 2) {
            let provider = AnsweringProvider { (_, request) throws(PluginError) in
                self.asked.withLock { $0.append(request.instruments.map(\.id)) }
                if let fault = self.fault.withLock({ $0 }) { throw fault }
                let events = request.instruments.flatMap { reference in
                    (0..<bars).map { bar(Int(reference.id.rawValue), 90 + $0) }
                }
                return Reply(events: events.sorted { $0.time < $1.time }.filter { request.range.contains($0.time) })
            }
            slot.withLock { $0 = ProviderSlot("a", provider) }
        }

        func route(_ stream: String, within: Duration = .seconds(3_600)) throws -> Route {
            let plan = RoutePlan(
                id: "daily", members: [.init(try #require(slot.withLock { $0 }), fetches: [.bar])], rules: RouteRules())
            return Route(
                plan.sharing(AnswerSharing(stream: stream, within: within)), pipeline: stream, clock: ContinuousClock(),
                wallTime: { 100 * day }, board: nil)
        }

        var count: Int { asked.withLock { $0.count } }
    }

    private func request(_ instruments: Int..., from start: Int64 = .min) -> FetchRequest {
        FetchRequest(
            .bar,
            of: instruments.map {
                InstrumentReference(id: id($0), instrument: Instrument(code: "I\($0)", venue: "TEST"))
            },
            range: start...Int64.max)
    }

    @Test func eachRoundGoesOutOnceHoweverManyPipelinesAsk() async throws {
        let source = Source()
        let routes = try (0..<5).map { try source.route("p\($0)") }
        // One by one, so that no request is on its way when the next is asked. Of the first one alone nothing is kept.
        for round in 1...4 {
            for route in routes { #expect(try await route.fetch(request(0, 1)).reply.batch.count == 4) }
            #expect(source.count == round + 1, "round \(round)")
        }
    }

    @Test func whoAsksForLessIsToldThatPart() async throws {
        let source = Source()
        let (wide, narrow) = (try source.route("wide"), try source.route("narrow"))
        _ = try await narrow.fetch(request(1))
        _ = try await wide.fetch(request(0, 1))
        let reply = try await narrow.fetch(request(1, from: 91 * day)).reply.events(Bar.self)
        #expect(reply.map(\.instrument) == [id(1)] && reply.map(\.time) == [91 * day])
        #expect(source.count == 2)
        // More than was asked is asked for.
        _ = try await narrow.fetch(request(1, 2))
        #expect(source.count == 3)
    }

    @Test func nobodyIsToldTheSameTwiceNorWhatIsOld() async throws {
        let source = Source()
        let (one, other) = (try source.route("one"), try source.route("other"))
        for _ in 0..<3 { _ = try await one.fetch(request(0)) }
        _ = try await other.fetch(request(0))
        _ = try await one.fetch(request(0))
        #expect(source.count == 4, "the last was told what the other one asked for")
        _ = try await source.route("hurried", within: .zero).fetch(request(0))
        #expect(source.count == 5)
    }

    @Test func thatThereIsNothingNewIsSharedAndFaultsAreNot() async throws {
        let source = Source()
        let (one, other) = (try source.route("one"), try source.route("other"))
        for route in [one, other] { _ = try await route.fetch(request(0)) }
        for (code, asked) in [(PluginError.Code.noData, 1), (.transient, 2)] {
            source.fault.withLock { $0 = PluginError(code, "provider/a: no.") }
            source.asked.withLock { $0 = [] }
            for route in [one, other] {
                await #expect(throws: PluginError.self) { try await route.fetch(request(3, from: day)) }
            }
            #expect(source.count == asked, "\(code)")
        }
    }

    @Test func whatIsLargeIsNotKept() async throws {
        let source = Source(bars: 17_000)
        for stream in ["one", "other", "third"] { _ = try await source.route(stream).fetch(request(0)) }
        #expect(source.count == 3)
    }
}
