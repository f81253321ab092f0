import HostCore
import PluginKit
import Synchronization
import Testing

private let broke = PluginError(.transient, "provider/a: broke.")

/// A clock of polls, and when a provider was asked since its beginning.
private final class Polls: Sendable {
    private let state = Mutex<(now: Int64, times: [Int64])>((100 * day, []))

    var now: Int64 { state.withLock { $0.now } }
    var times: [Int64] { state.withLock { $0.times } }
    func move(by step: Int64) { state.withLock { $0.now += step } }
    func note() { state.withLock { $0.times.append($0.now - 100 * day) } }
}

/// Notes the time of each call, and answers or fails.
private func noting(_ polls: Polls, _ outcome: Result<Reply, PluginError>) -> AnsweringProvider.Answer {
    { (_, _) throws(PluginError) in
        polls.note()
        return try outcome.get()
    }
}

/// Fails at first, then answers with a close, then with another one, each a day later.
private func gives(after fault: PluginError, _ closes: Double...) -> AnsweringProvider.Answer {
    { (call, _) throws(PluginError) in
        if call == 1 { throw fault }
        return Reply(events: [bar(0, 97 + call, close: closes[call - 2])])
    }
}

/// How often the provider behind one that has nothing new is asked.
struct RecourseTests {
    private static let nothing = PluginError(.noData, "nothing new.")
    private static let newer = FetchRequest(.bar, of: [RouteRig.instrument], range: (90 * day + 1)...Int64.max)

    /// Polls for a span; returns how often the second provider was asked.
    private func asked(
        _ first: @escaping AnsweringProvider.Answer, _ second: Result<Reply, PluginError>,
        every step: Int64, for span: Int64, _ request: FetchRequest = newer,
        hours: @escaping TradingHoursFinder = { _ in nil }
    ) async throws -> [Int64] {
        let polls = Polls()
        var rig = RouteRig()
        rig.now = { polls.now }
        rig.kind = request.kind
        rig.hours = hours
        (rig.rules.acceptedAge, rig.rules.acceptedMissing) = (2 * day, 0.5)
        let route = rig.route(first, noting(polls, second))
        while polls.now < 100 * day + span {
            _ = try? await route.fetch(request)
            polls.move(by: step)
        }
        return polls.times
    }

    private static let wanting: [AnsweringProvider.Answer] = [
        gives(bar(0, 90)), fails(nothing), gives(), gives(bar(0, 91), bar(0, 99)),
    ]

    @Test(arguments: wanting.indices) func isOnceABarMayHaveComeAndAfterLongerAndLongerWaits(
        wanting: Int
    ) async throws {
        let first = Self.wanting[wanting]
        let minute: Int64 = 60_000_000_000
        let a: [Int64] = [0, 15, 45, 105, 225, 465, 945]
        let expected = (0..<3).flatMap { days in a.map { ($0 + days * 1_440) * minute } }
        for second: Result<Reply, PluginError> in [.success(Reply(events: [bar(0, 90)])), .failure(Self.nothing)] {
            let times = try await asked(first, second, every: 15 * minute, for: 3 * day, hours: { _ in EveryDay() })
            #expect(times == expected)
        }
    }

    @Test func barsOfAMinuteEndWithTheMinuteWhereNoCalendarSaysMore() async throws {
        let second: Int64 = 1_000_000_000
        let request = FetchRequest(
            .bar, of: [RouteRig.instrument], timeframe: Timeframe(1, .minute), range: (90 * day + 1)...Int64.max)
        let times = try await asked(
            fails(Self.nothing), .failure(Self.nothing), every: second, for: 180 * second, request)
        #expect(times == [0, 10, 30, 60, 70, 90, 120, 130, 150].map { $0 * second })
    }

    @Test func whatHasSomethingNewIsAskedAgainSoon() async throws {
        let minute: Int64 = 60_000_000_000
        let times = try await asked(
            fails(Self.nothing), .success(Reply(events: [bar(0, 99)])), every: minute, for: 60 * minute)
        #expect(times == [0, 15, 30, 45].map { $0 * minute })
    }

    @Test func figuresHaveNoBarsThatEnd() async throws {
        let hour: Int64 = 3_600_000_000_000
        let request = FetchRequest(.figure, of: [RouteRig.instrument], range: (90 * day + 1)...Int64.max)
        let times = try await asked(
            fails(Self.nothing), .failure(Self.nothing), every: hour, for: 4 * day, request)
        #expect(times == [0, 6, 18, 42, 66, 90].map { $0 * hour })
    }

    @Test func whoeverServesForOneThatFailsIsAskedEachTime() async throws {
        let minute: Int64 = 60_000_000_000
        for second: Result<Reply, PluginError> in [.success(Reply(events: [bar(0, 99)])), .failure(Self.nothing)] {
            let times = try await asked(fails(broke), second, every: minute, for: 60 * minute)
            #expect(times.count == 60)
        }
    }

    @Test func eachInstrumentIsWaitedForByItself() async throws {
        let other = InstrumentReference(id: id(1), instrument: Instrument(code: "I1", venue: "TEST"))
        let both = Calls()
        let route = RouteRig().route(fails(Self.nothing), counting(both, nil, .failure(Self.nothing)))
        _ = try? await route.fetch(Self.newer)
        _ = try? await route.fetch(Self.newer)
        #expect(both.value == 1)
        _ = try? await route.fetch(FetchRequest(.bar, of: [RouteRig.instrument, other], range: Self.newer.range))
        #expect(both.value == 2)
    }

    @Test func aPriceThatIsDoubtedAsksTheOthersEachTime() async throws {
        let second = Calls()
        let first = gives(after: Self.nothing, 10, 1_000)
        let route = RouteRig().route(first, counting(second, nil, .failure(Self.nothing)))
        _ = try? await route.fetch(RouteRig.request)
        #expect(second.value == 1)
        for _ in 0..<2 { _ = try await route.fetch(RouteRig.request) }
        #expect(second.value == 2)
    }

    @Test func anEmptyAnswerLetsTheNextServe() async throws {
        let reply = try await RouteRig().route(gives(), gives(bar(0, 99))).fetch(RouteRig.request)
        #expect(reply.source == "b" && reply.attempts[0].fault?.code == .noData)
        let none = try await RouteRig().route(gives(), fails(Self.nothing)).fetch(RouteRig.request)
        #expect(none.source == "a" && none.reply.batch.count == 0)
    }
}
