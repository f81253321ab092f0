import HostCore
import PluginKit
import Synchronization
import Testing

/// A route of providers `a`, `b`, `c` ... that answer as a test says.
private struct RouteRig {
    let board = InstanceBoard(now: { 0 })
    var rules = RouteRules()
    var clock: any Clock<Duration> = ContinuousClock()
    var lastResort: String?
    var hours: TradingHoursFinder = { _ in nil }
    var now: @Sendable () -> Int64 = { 100 * day }
    var kind = EventKind.bar

    static let instrument = InstrumentReference(id: id(0), instrument: Instrument(code: "I0", venue: "TEST"))
    static let request = FetchRequest(.bar, of: [instrument])

    func route(_ answers: AnsweringProvider.Answer..., gates: [String: ProviderGate] = [:]) -> Route {
        let members = zip("abcdef", answers).map { name, answer in
            let name = String(name)
            board.register(.provider, name, plugin: "answering", state: .ok)
            let provider = AnsweringProvider(answer)
            let slot = ProviderSlot(name, board: board, built: provider, gate: gates[name]) {
                () throws(PluginError) in provider
            }
            return RoutePlan.Member(slot, fetches: [kind], isLastResort: name == lastResort)
        }
        return Route(
            RoutePlan(id: "daily", members: members, rules: rules), pipeline: "main", clock: clock,
            wallTime: now, board: board, hours: hours)
    }
}

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

/// A venue with a bar each day of the year.
private struct EveryDay: TradingHours {
    func isOpen(at instant: Int64) -> Bool? { true }
    func hours(containing instant: Int64) -> Range<Int64>? { nil }
    func pause(containing instant: Int64) -> Range<Int64>? { nil }
    func hours(after instant: Int64) -> Range<Int64>? { nil }
    func hours(before instant: Int64) -> Range<Int64>? { nil }
    func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? { (instant + day - 1) / day * day }
}

private let broke = PluginError(.transient, "provider/a: broke.")

private func gives(_ bars: Bar...) -> AnsweringProvider.Answer {
    { (_, _) throws(PluginError) in Reply(events: bars) }
}

private func fails(_ fault: PluginError) -> AnsweringProvider.Answer { { (_, _) throws(PluginError) in throw fault } }

/// Counts calls.
private final class Calls: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }
    func note() { count.withLock { $0 += 1 } }
}

/// Answers with one close at first, with another from the second call on, each a day later.
private func gives(close first: Double, then second: Double) -> AnsweringProvider.Answer {
    { (call, _) throws(PluginError) in Reply(events: [bar(0, 97 + call, close: call == 1 ? first : second)]) }
}

/// Counts calls, passes a door and answers or fails.
private func counting(
    _ calls: Calls, _ door: Gate? = nil, _ outcome: Result<Reply, PluginError> = .success(Reply(events: [bar(0, 99)]))
) -> AnsweringProvider.Answer {
    { (_, _) throws(PluginError) in
        calls.note()
        await door?.pass()
        return try outcome.get()
    }
}

/// Answers when it is cancelled, and no sooner.
private let hangs: AnsweringProvider.Answer = { (_, _) throws(PluginError) in
    await StopSignal().wait()
    throw PluginError(.cancelled, "provider: cancelled.")
}

private func closes(_ reply: RouteReply) -> [Double] {
    guard case .bars(let bars) = reply.reply.batch else { return [] }
    return bars.map(\.close)
}

struct RouteTests {
    @Test func thePreferredProviderServesAndNobodyElseIsAsked() async throws {
        let second = Calls()
        let route = RouteRig().route(gives(bar(0, 99)), counting(second))
        let reply = try await route.fetch(RouteRig.request)
        #expect(reply.source == "a" && reply.attempts.count == 1 && second.value == 0)
        guard case .bars(let bars) = reply.reply.batch else { return }
        #expect(!bars[0].flags.contains(.fallback))
    }

    @Test func theNextServesWhereOneFailsAndTheBoardSaysWhy() async throws {
        let rig = RouteRig()
        let route = rig.route(fails(broke), gives(bar(0, 99)))
        let reply = try await route.fetch(RouteRig.request)
        #expect(reply.source == "b" && reply.attempts.map(\.provider) == ["a", "b"])
        guard case .bars(let bars) = reply.reply.batch else { return }
        #expect(bars[0].flags.contains(.fallback))
        #expect(rig.board.status(.provider, "a")?.state == .degraded && rig.board.status(.provider, "b")?.state == .ok)
        #expect(rig.board.status(.route, "daily")?.state == .degraded)
        #expect(rig.board.status(.route, "daily")?.message == "provider/b serves. provider/a: broke.")
    }

    @Test func oneThatHangsIsLeftAfterItsDeadline() async throws {
        let clock = ManualClock()
        var rig = RouteRig()
        rig.clock = clock
        rig.rules = RouteRules(deadline: .seconds(10), budget: .seconds(30))
        let route = rig.route(hangs, gives(bar(0, 99)))
        async let reply = route.fetch(RouteRig.request)
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(10))
        let answered = try await reply
        #expect(answered.source == "b")
        #expect(answered.attempts[0].fault?.message == "provider/a: gave no answer within 10 s.")
    }

    @Test func whereTheFirstIsLateTheNextIsAskedBesideIt() async throws {
        let clock = ManualClock()
        var rig = RouteRig()
        rig.clock = clock
        rig.rules.hedge = .seconds(1)
        let route = rig.route(hangs, gives(bar(0, 99)))
        async let reply = route.fetch(RouteRig.request)
        await clock.waitForSleepers()
        clock.advance(by: .seconds(1))
        #expect(try await reply.source == "b")
    }

    @Test func nobodyIsWaitedForBeyondTheBudget() async {
        let clock = ManualClock()
        var rig = RouteRig()
        rig.clock = clock
        rig.rules = RouteRules(deadline: .seconds(60), budget: .seconds(5))
        let route = rig.route(hangs, gives(bar(0, 99)))
        async let reply = Result { () async throws(PluginError) in try await route.fetch(RouteRig.request) }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(5))
        let fault = await reply.fault
        #expect(fault?.code == .transient && fault?.message.contains("the route's budget of 5 s") == true)
    }

    private static let untrue: [(AnsweringProvider.Answer, String)] = [
        (
            gives(Bar(time: 99 * day, open: 10, high: 9, low: 11, close: 10, volume: 1, instrument: id(0))),
            "cannot be true"
        ),
        (gives(bar(0, 99, close: -1)), "cannot be true"), (gives(bar(0, 99, close: .nan)), "cannot be true"),
        (gives(bar(0, 500)), "after this machine's clock"), (gives(bar(3, 99)), "not asked for"),
        (
            counting(
                Calls(), nil,
                .success(
                    Reply(events: [
                        Quote(time: 99 * day, bid: 1, ask: 2, bidSize: 1, askSize: 1, instrument: id(0))
                    ]))), "with quote events"
        ),
        (
            counting(
                Calls(), nil,
                .success(
                    Reply(
                        events: [bar(0, 99)],
                        defects: [
                            Defect(
                                instrument: id(0), place: "x:1", reason: "unreadable", message: "no number.", raw: "")
                        ]))), "cannot be read"
        ),
    ]

    @Test(arguments: untrue)
    func aReplyThatCannotBeTrueIsAFault(answer: @escaping AnsweringProvider.Answer, why: String) async throws {
        let reply = try await RouteRig().route(answer, gives(bar(0, 99, close: 7))).fetch(RouteRig.request)
        #expect(reply.source == "b" && closes(reply) == [7])
        #expect(reply.attempts[0].fault?.message.contains(why) == true)
    }

    @Test func anOldAnswerIsTakenOnlyWhereNobodyHasANewerOne() async throws {
        var rig = RouteRig()
        rig.rules.acceptedAge = 2 * day
        let newer = try await rig.route(gives(bar(0, 90)), gives(bar(0, 99))).fetch(RouteRig.request)
        #expect(newer.source == "b")
        let older = try await rig.route(gives(bar(0, 90)), gives(bar(0, 80)), fails(broke)).fetch(RouteRig.request)
        #expect(older.source == "a" && older.attempts.count == 3)
    }

    @Test func anAnswerWithHolesIsTakenOnlyWhereNobodyHasAWholeOne() async throws {
        func days(_ numbers: [Int]) -> AnsweringProvider.Answer {
            { (_, _) throws(PluginError) in Reply(events: numbers.map { bar(0, $0) }) }
        }
        var rig = RouteRig()
        rig.hours = { _ in EveryDay() }
        rig.rules.acceptedMissing = 0.2
        let whole = try await rig.route(days([90, 99]), days(Array(90...99))).fetch(RouteRig.request)
        #expect(whole.source == "b")
        #expect(whole.attempts[0].fault?.message.contains("8 of 10 bars are missing by the calendar of TEST") == true)
        let few = try await rig.route(days([90, 91, 92, 94, 95]), days(Array(90...99))).fetch(RouteRig.request)
        #expect(few.source == "a")
        let suspended = try await rig.route(days([90, 99]), days([90, 91, 98]), fails(broke)).fetch(RouteRig.request)
        #expect(suspended.source == "a" && suspended.attempts.count == 3)
        rig.rules.acceptedMissing = nil
        #expect(try await rig.route(days([90, 99]), days(Array(90...99))).fetch(RouteRig.request).source == "a")
    }

    @Test func anAbsurdMoveIsRefutedByAnotherProvider() async throws {
        let route = RouteRig().route(gives(close: 10, then: 1_000), gives(bar(0, 99, close: 10.5)))
        #expect(closes(try await route.fetch(RouteRig.request)) == [10])
        let second = try await route.fetch(RouteRig.request)
        #expect(second.source == "b" && closes(second) == [10.5])
    }

    @Test func anAbsurdMoveThatAnotherProviderConfirmsIsTaken() async throws {
        let route = RouteRig().route(gives(close: 1_000, then: 1), gives(bar(0, 99, close: 1.01)))
        _ = try await route.fetch(RouteRig.request)
        #expect(closes(try await route.fetch(RouteRig.request)) == [1])
    }

    @Test func theLastResortIsAskedLastAndItsAgeIsAccepted() async throws {
        var rig = RouteRig()
        rig.rules.acceptedAge = day
        rig.lastResort = "a"
        let route = rig.route(gives(bar(0, 10)), fails(broke), gives(bar(0, 99)))
        #expect(try await route.fetch(RouteRig.request).source == "c")
        let reply = try await rig.route(gives(bar(0, 10)), fails(broke), fails(broke)).fetch(RouteRig.request)
        #expect(reply.source == "a" && reply.attempts.count == 3)
    }

    @Test func whereNobodyHasAnythingItIsNoFaultOfAnyone() async {
        let nothing = PluginError(.noData, "nothing there.")
        let rig = RouteRig()
        let route = rig.route(fails(nothing), fails(PluginError(.notFound, "no such symbol.")))
        let fault = await Result { () async throws(PluginError) in try await route.fetch(RouteRig.request) }.fault
        #expect(fault?.code == .noData)
        #expect(rig.board.status(.provider, "a")?.state == .ok)
    }

    @Test func oneThatAnswersAndHasNothingServes() async {
        var rig = RouteRig()
        rig.lastResort = "c"
        let nothing = PluginError(.noData, "nothing new.")
        let route = rig.route(fails(broke), fails(nothing), fails(nothing))
        let fault = await Result { () async throws(PluginError) in try await route.fetch(RouteRig.request) }.fault
        #expect(fault?.code == .noData)
        #expect(rig.board.status(.route, "daily")?.message == "provider/b serves. provider/a: broke.")
        rig.lastResort = "b"
        let none = rig.route(fails(broke), fails(nothing))
        rig.board.set(.route, "daily", .degraded, "before")
        _ = await none.trace(RouteRig.request)
        // One of last resort that has nothing serves nobody.
        #expect(rig.board.status(.route, "daily")?.message == "before")
        rig.lastResort = "c"
        let lastOfAll = rig.route(fails(broke), fails(broke), fails(nothing))
        let other = await Result { () async throws(PluginError) in try await lastOfAll.fetch(RouteRig.request) }.fault
        #expect(other?.code == .transient)
    }

    @Test func theFaultOfAllNamesEachAndTheShortestWait() async {
        let limited = PluginError(.rateLimited, "provider/b: too many.", retryAfter: .seconds(40))
        let route = RouteRig().route(fails(broke), fails(limited))
        let fault = await Result { () async throws(PluginError) in try await route.fetch(RouteRig.request) }.fault
        #expect(fault?.code == .transient && fault?.retryAfter == .seconds(40))
        #expect(fault?.message == "route/daily: none of 2 providers gave it. provider/a: broke. provider/b: too many.")
    }

    @Test func aProviderThatKeepsFailingIsLeftAloneAndTheReasonStays() async throws {
        let asked = Calls()
        let route = RouteRig().route(counting(asked, nil, .failure(broke)), gives(bar(0, 99)))
        var last: RouteReply?
        for _ in 0..<10 { last = try await route.fetch(RouteRig.request) }
        #expect(asked.value == Breaker.limit)
        #expect(last?.attempts[0].fault?.message == "provider/a: broke. It is left alone for 30 s.")
    }

    @Test func theSameRequestOfSeveralGoesOutOnce() async throws {
        let (asked, door) = (Calls(), Gate())
        let route = RouteRig().route(counting(asked, door), gives(bar(0, 98)))
        let sources = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await route.fetch(RouteRig.request).source } }
            await door.isReached.wait()
            for _ in 0..<1_000 { await Task.yield() }
            door.open()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(sources == ["a"] && asked.value < 20)
    }

    @Test func limitsHoldAcrossRunsAndTheNextProviderServes() async throws {
        let counts = CountedRequests()
        for run in 1...3 {
            let gate = ProviderGate("a", limits: RequestLimits(perDay: 4), counts: counts, wallTime: { 100 * day })
            let route = RouteRig().route(gives(bar(0, 99)), gives(bar(0, 98)), gates: ["a": gate])
            let sources = [
                try await route.fetch(RouteRig.request).source, try await route.fetch(RouteRig.request).source,
            ]
            #expect(sources == (run < 3 ? ["a", "a"] : ["b", "b"]))
        }
    }
}

/// Counts requests in memory.
private final class CountedRequests: RequestCounts {
    private let counts = Mutex<[String: Int]>([:])

    func requests(of provider: String, on day: Int64) async throws(PluginError) -> Int {
        counts.withLock { $0["\(provider) \(day)"] ?? 0 }
    }

    func keep(_ requests: Int, of provider: String, on day: Int64) async throws(PluginError) {
        counts.withLock { $0["\(provider) \(day)"] = requests }
    }
}
