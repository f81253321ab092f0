import HostCore
import PluginKit
import Synchronization
import Testing

private let broke = PluginError(.transient, "provider/a: broke.")

/// Answers with one close at first, with another from the second call on, each a day later.
private func gives(close first: Double, then second: Double) -> AnsweringProvider.Answer {
    { (call, _) throws(PluginError) in Reply(events: [bar(0, 97 + call, close: call == 1 ? first : second)]) }
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

    private static let three = FetchRequest(
        .bar,
        of: (0..<3).map { number in
            InstrumentReference(id: id(number), instrument: Instrument(code: "I\(number)", venue: "TEST"))
        })

    @Test func whatOneHasNothingOfIsAskedOfTheNext() async throws {
        let asked = Mutex<[[UInt32]]>([])
        let second: AnsweringProvider.Answer = { (_, request) throws(PluginError) in
            asked.withLock { $0.append(request.instruments.map(\.id.rawValue)) }
            return Reply(events: [bar(2, 98), bar(2, 99)])
        }
        let third: AnsweringProvider.Answer = { (_, request) throws(PluginError) in
            asked.withLock { $0.append(request.instruments.map(\.id.rawValue)) }
            throw broke
        }
        let rig = RouteRig()
        let reply = try await rig.route(gives(bar(0, 98), bar(0, 99)), second, third).fetch(Self.three)
        #expect(asked.withLock { $0 } == [[1, 2], [1]])
        #expect(reply.source == "a" && reply.sources == ["a", "a", "b", "b"])
        let bars = try reply.reply.events(Bar.self)
        #expect(bars.map { $0.flags.contains(.fallback) } == [false, false, true, true])
        #expect(reply.shares.map(\.source) == ["a", "b"])
        #expect(rig.board.status(.route, "daily")?.state == .ok)
        #expect(rig.board.status(.provider, "c")?.state == .degraded)
        #expect(reply.attempts[1].fault?.message == "provider/a: has nothing of I1.TEST, I2.TEST.")
    }

    @Test func whatOneHasNothingNewOfIsAskedOfTheNextOnceABar() async throws {
        let second = Calls()
        let nothing = PluginError(.noData, "nothing new.")
        let route = RouteRig().route(gives(bar(0, 99), bar(1, 99)), counting(second, nil, .failure(nothing)))
        for _ in 0..<3 { _ = try await route.fetch(Self.three) }
        #expect(second.value == 1)
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

    @Test(arguments: [RequestLimits(perDay: 4), RequestLimits(perMinute: 4)])
    func limitsHoldAcrossRunsAndTheNextProviderServes(limits: RequestLimits) async throws {
        let counts = CountedRequests()
        for run in 1...3 {
            let gate = ProviderGate("a", limits: limits, counts: counts, wallTime: { 100 * day })
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
    private let kept = Mutex<[String: KeptRequests]>([:])

    func change<Told: Sendable>(
        _ provider: String, _ change: @escaping @Sendable (KeptRequests?) -> (KeptRequests?, Told)
    ) async throws(PluginError) -> Told {
        kept.withLock { kept in
            let (new, told) = change(kept[provider])
            if let new { kept[provider] = new }
            return told
        }
    }
}
