import HostCore
import PluginKit
import Synchronization
import Testing

/// A provider that only answers requests, as a test says.
final class AnsweringProvider: Provider {
    typealias Answer = @Sendable (_ call: Int, FetchRequest) async throws(PluginError) -> Reply

    static let descriptor = PluginDescriptor(
        kind: .provider, name: "answering", summary: "", schema: ConfigurationSchema([]))
    private let answer: Answer
    private let asked = Mutex<[Int64]>([])

    init(_ answer: @escaping Answer) { self.answer = answer }
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "test: built directly.")
    }

    /// The first event time of each request.
    var starts: [Int64] { asked.withLock { $0 } }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let call = asked.withLock { asked in
            asked.append(request.range.lowerBound)
            return asked.count
        }
        return try await answer(call, request)
    }
}

struct PullStreamTests {
    private func rig(once: Bool, clock: any Clock<Duration> = ImmediateClock()) -> Rig {
        var rig = Rig()
        rig.pull = PullPlan(interval: .seconds(60), isOnce: once)
        rig.policy = StreamPolicy(isOnce: once)
        rig.clock = clock
        return rig
    }

    @Test func oneRoundBringsEverythingInOrderOfTime() async throws {
        let provider = AnsweringProvider { (_, _) in
            Reply(
                events: [bar(0, 1), bar(0, 2), bar(1, 1), bar(1, 3)],
                defects: [Defect(instrument: id(0), place: "a:1", reason: "unreadable", message: "m", raw: "")])
        }
        let sink = RecordingSink()
        let pipeline = rig(once: true).pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.map { $0.time / day } == [1, 1, 2, 3])
        #expect(sink.rows.map(\.instrument) == [id(0), id(1), id(0), id(1)])
        #expect(pipeline.snapshot.received == 5 && pipeline.snapshot.rejected == ["unreadable": 1])
        #expect(provider.starts == [.min])
        let timed = pipeline.snapshot.calls.mapValues(\.count)
        #expect(timed[.init(.provider, "source")] == 1)
        #expect(timed[.init(.sink, "out")] == 1 && timed[.init(.flush, "out")] == 1)
    }

    @Test(.timeLimit(.minutes(10))) func whereNobodyAnswersWhatIsStoredIsAllThereIs() async throws {
        let stores = MemoryStores()
        var first = rig(once: true)
        first.stores = stores
        first.streamDigest = "stream"
        try await first.pipeline(AnsweringProvider { (_, _) in Reply(events: [bar(0, 1), bar(0, 2)]) }, []).run()
        var second = rig(once: false)
        second.stores = stores
        second.streamDigest = "stream"
        second.policy = StreamPolicy(isOnce: false, keepsTrying: true)
        let nobody = AnsweringProvider { (_, _) throws(PluginError) in
            throw PluginError(.transient, "provider/source: broke.")
        }
        let pipeline = second.pipeline(nobody, [])
        let running = Task { try await pipeline.run() }
        await pipeline.isCaughtUp.wait()
        pipeline.stop()
        try await running.value
        #expect(pipeline.isCaughtUp.isFired && !nobody.starts.isEmpty)
    }

    @Test func theNextProviderIsNotAskedAtEachRoundWithoutNews() async throws {
        let clock = ManualClock()
        let provider = AnsweringProvider { (call, _) throws(PluginError) in
            guard call == 1 else { throw PluginError(.noData, "provider/source: nothing new.") }
            return Reply(events: [bar(0, 1)])
        }
        let next = AnsweringProvider { (_, _) throws(PluginError) in
            throw PluginError(.noData, "provider/b: nothing new.")
        }
        var rig = rig(once: false, clock: clock)
        (rig.others, rig.consent, rig.instrumentCount) = ([next], RouteRules(), 1)
        let pipeline = rig.pipeline(provider, [])
        let running = Task { try await pipeline.run() }
        for _ in 0..<6 {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(60))
        }
        await clock.waitForSleepers()
        pipeline.stop()
        try await running.value
        #expect(provider.starts.count == 7 && next.starts == [day + 1])
    }

    @Test func laterRoundsBringOnlyWhatIsNew() async throws {
        let clock = ManualClock()
        let provider = AnsweringProvider { (call, _) in
            switch call {
            case 1: Reply(events: [bar(0, 1), bar(1, 1), bar(1, 2)])
            // The range begins where the slowest instrument stands, so another one's bars come again.
            case 2: Reply(events: [bar(0, 2), bar(1, 2), bar(1, 3)])
            default: Reply(events: [bar(0, 3)])
            }
        }
        let sink = RecordingSink()
        var rig = rig(once: false, clock: clock)
        rig.instrumentCount = 2
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            for rows in [3, 5, 6] {
                await sink.waitForRows(rows)
                await clock.waitForSleepers()
                // All there was is through after the first whole round: the host says that it serves.
                await pipeline.isCaughtUp.wait()
                if rows < 6 { clock.advance(by: .seconds(60)) }
            }
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(sink.rows.map { $0.time / day } == [1, 1, 2, 2, 3, 3])
        #expect(provider.starts == [.min, day + 1, 2 * day + 1])
        #expect(clock.spans == Array(repeating: .seconds(60), count: 3))
        #expect(pipeline.snapshot.rejected.isEmpty)
    }

    @Test func aFaultThatMayPassIsWaitedOutAndShown() async throws {
        let clock = ManualClock()
        let provider = AnsweringProvider { (call, _) throws(PluginError) in
            switch call {
            case 1: throw PluginError(.transient, "provider/source: no route.")
            case 2: throw PluginError(.rateLimited, "provider/source: too many.", retryAfter: .seconds(40))
            case 3: return Reply(events: [bar(0, 1)])
            default: throw PluginError(.noData, "provider/source: nothing new.")
            }
        }
        let rig = rig(once: false, clock: clock)
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            #expect(rig.board.status(.provider, "source")?.state == .degraded)
            #expect(rig.board.status(.provider, "source")?.message == "provider/source: no route.")
            clock.advance(by: .seconds(1))
            await clock.waitForSleepers()
            clock.advance(by: .seconds(40))
            await sink.waitForRows(1)
            await clock.waitForSleepers()
            #expect(rig.board.status(.provider, "source")?.state == .ok)
            clock.advance(by: .seconds(60))
            await clock.waitForSleepers()
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(clock.spans.prefix(3) == [.seconds(1), .seconds(40), .seconds(60)])
        #expect(sink.rows.count == 1)
    }

    /// A source that answers is not silent; one whose answers never have anything new is as good as that.
    @Test(.timeLimit(.minutes(10)), arguments: [1, 2])
    func answersWithTheSameOldBarsAreShownUntilANewOneComes(providers: Int) async throws {
        let (clock, isNew) = (ManualClock(), StopSignal())
        var rig = rig(once: false, clock: clock)
        rig.policy = StreamPolicy(isOnce: false, silence: .hours(daily, of: [], atLeast: .zero))
        let newest = Int(rig.wallTime / day) - 1
        let provider = AnsweringProvider { (_, request) in
            // Of the others it has nothing: an answer with what was not asked for would be refused.
            guard request.instruments.contains(where: { $0.id == id(0) }) else { return Reply(events: [Bar]()) }
            return Reply(events: [bar(0, 1), bar(0, 2)] + (isNew.isFired ? [bar(0, newest)] : []))
        }
        if providers == 2 { rig.others = [provider] }
        let (kind, name): (ComponentKind, String) = providers == 2 ? (.route, "daily") : (.provider, "source")
        let states = SeenStates(rig.board)
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        let board = rig.board
        func waits(for state: InstanceState) async throws {
            while board.status(kind, name)?.state != state { try await Task.sleep(for: .milliseconds(1)) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            try await waits(for: .degraded)
            #expect(board.status(kind, name)?.message.contains("nothing new has come while 3 bars of 1d") == true)
            for round in 2...4 {
                while provider.starts.count < round {
                    clock.advance(by: .seconds(60))
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            #expect(board.status(kind, name)?.state == .degraded)
            isNew.fire()
            while sink.rows.count < 3 {
                clock.advance(by: .seconds(60))
                try await Task.sleep(for: .milliseconds(1))
            }
            try await waits(for: .ok)
            pipeline.stop()
            try await group.waitForAll()
        }
        // It is told once, not with each answer.
        #expect(states.all.count { $0.contains("nothing new") } == 1, "\(states.all)")
    }

    @Test func aRefusedKeyEndsARunThatEndsWithItsData() async throws {
        let provider = AnsweringProvider { (_, _) throws(PluginError) in
            throw PluginError(.auth, "provider/source: no key.")
        }
        let error = await #expect(throws: PluginError.self) {
            try await self.rig(once: true).pipeline(provider, []).run()
        }
        #expect(error?.code == .auth && provider.starts.count == 1)
    }

    @Test func anInstrumentWithoutBarsStillGetsItsHistory() async throws {
        let clock = ManualClock()
        let provider = AnsweringProvider { (call, request) in
            // A new listing: nothing at first, then all there is, where it is asked for.
            let late = call == 1 ? [] : (1...3).map { bar(1, $0) }.filter { request.range.contains($0.time) }
            let all = [bar(0, 1), bar(0, 400)].filter { request.range.contains($0.time) } + late
            return Reply(events: all.filter { bar in request.instruments.contains { $0.id == bar.instrument } })
        }
        let sink = RecordingSink()
        let pipeline = rig(once: false, clock: clock).pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await sink.waitForRows(2)
            await clock.waitForSleepers()
            clock.advance(by: .seconds(60))
            await sink.waitForRows(5)
            await clock.waitForSleepers()
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(sink.rows.filter { $0.instrument == id(1) }.map { $0.time / day } == [1, 2, 3])
        #expect(provider.starts == [.min, .min, 400 * day + 1])
        #expect(pipeline.snapshot.rejected.isEmpty)
    }

    @Test func aSuspendedInstrumentMakesNoOtherComeAgain() {
        let references = (0..<4).map {
            InstrumentReference(id: id($0), instrument: Instrument(code: "I\($0)", venue: "T"))
        }
        let subscription = Subscription(instruments: references, kind: .bar, timeframe: daily)
        let requests = PullRequests.of(subscription, [id(0): 1_000 * day, id(1): 998 * day, id(2): 10 * day])
        #expect(requests.map { $0.instruments.map(\.id) } == [[id(3)], [id(2)], [id(0), id(1)]])
        #expect(requests.map(\.range.lowerBound) == [.min, 10 * day + 1, 998 * day + 1])
    }

    @Test func aRoundIsCutIntoFewRequests() {
        let references = (0..<100).map {
            InstrumentReference(id: id($0), instrument: Instrument(code: "I\($0)", venue: "T"))
        }
        let subscription = Subscription(instruments: references, kind: .bar, timeframe: daily)
        let newest = Dictionary(uniqueKeysWithValues: (1..<100).map { (id($0), Int64($0 * 30) * day) })
        let requests = PullRequests.of(subscription, newest)
        #expect(requests.count == PullRequests.limit)
        #expect(Set(requests.flatMap { $0.instruments.map(\.id) }).count == 100)
        for request in requests where request.range.lowerBound > .min {
            let stands = request.instruments.compactMap { newest[$0.id] }
            #expect(stands.min() == request.range.lowerBound - 1)
        }
    }

    @Test func aRequestThatFailsKeepsTheOthersGoing() async throws {
        let clock = ManualClock()
        let provider = AnsweringProvider { (call, request) throws(PluginError) in
            if call == 1 { return Reply(events: [bar(0, 1), bar(1, 400)]) }
            guard request.instruments.contains(where: { $0.id == id(0) }) else {
                return Reply(events: [bar(1, call == 4 ? 401 : 402)].filter { request.range.contains($0.time) })
            }
            throw PluginError(.notFound, "provider/source: 'I0' is gone.")
        }
        var rig = rig(once: false, clock: clock)
        rig.instrumentCount = 2
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(60))
            await sink.waitForRows(3)
            await clock.waitForSleepers()
            #expect(rig.board.status(.provider, "source")?.message == "provider/source: 'I0' is gone.")
            #expect(rig.board.status(.provider, "source")?.state == .degraded)
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(clock.spans == [.seconds(60), .seconds(60)])
    }

    @Test func aRunThatEndsWithItsDataTriesThreeTimes() async throws {
        let provider = AnsweringProvider { (_, _) throws(PluginError) in
            throw PluginError(.transient, "provider/source: no route.")
        }
        await #expect(throws: PluginError.self) { try await self.rig(once: true).pipeline(provider, []).run() }
        #expect(provider.starts.count == 3)
    }

    @Test func barsThatAreNotCompleteWaitForTheNextRound() async throws {
        var forming = bar(0, 2)
        forming.flags = .partial
        let unfinished = forming
        let provider = AnsweringProvider { (_, _) in Reply(events: [bar(0, 1), unfinished]) }
        let sink = RecordingSink()
        try await rig(once: true).pipeline(provider, [Rig.sink("out", sink)]).run()
        #expect(sink.rows.map { $0.time / day } == [1])
    }

    @Test(arguments: [("1m", 10), ("5m", 30), ("1h", 360), ("1d", 900)])
    func theUsualIntervalFollowsTheTimeframe(timeframe: String, seconds: Int) throws {
        #expect(PullPlan.usualInterval(try #require(Timeframe(timeframe))) == .seconds(seconds))
    }
}
