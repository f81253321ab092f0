import HostCore
import PluginKit
import Synchronization
import Testing

/// Routes that make one answer of what several providers say.
struct RouteConsentTests {
    private static let request = FetchRequest(
        .bar, of: [InstrumentReference(id: id(0), instrument: Instrument(code: "I0", venue: "TEST"))])

    private let board = InstanceBoard(now: { 0 })

    /// A provider of closes by day; `nil` of one that breaks.
    private func member(
        _ name: String, _ closes: [Int: Double]?, volume: Double = 100, isLastResort: Bool = false,
        asked: Asked = Asked()
    ) -> RoutePlan.Member {
        let provider = AnsweringProvider { (_, request) throws(PluginError) in
            asked.note(request.range)
            guard let closes else { throw PluginError(.transient, "provider/\(name): broke.") }
            let bars = closes.sorted { $0.key < $1.key }.map { bar(0, $0.key, close: $0.value, volume: volume) }
            return Reply(events: bars.filter { request.range.contains($0.time) })
        }
        board.register(.provider, name, plugin: "answering", state: .ok)
        return .init(ProviderSlot(name, board: board, provider), fetches: [.bar], isLastResort: isLastResort)
    }

    private func route(
        _ rules: RouteRules, _ members: RoutePlan.Member..., reference: RoutePlan.Reference? = nil
    ) -> Route {
        Route(
            RoutePlan(id: "daily", members: members, rules: rules, reference: reference), pipeline: "main",
            clock: ContinuousClock(), wallTime: { 100 * day }, board: board)
    }

    private func vote(_ policy: ConflictPolicy) -> RouteRules {
        RouteRules(strategy: .vote, agreement: RouteAgreement(tolerance: 0.01, policy: policy))
    }

    private func bars(_ reply: RouteReply) throws -> [Bar] { try reply.reply.events(Bar.self) }

    // MARK: Merge

    @Test func missingBarsAreFilledAndEachKeepsItsSource() async throws {
        let route = route(
            RouteRules(strategy: .merge), member("a", [1: 10, 2: 10, 4: 10]), member("b", [2: 11, 3: 11, 5: 11]))
        let reply = try await route.fetch(Self.request)
        #expect(try bars(reply).map(\.close) == [10, 10, 11, 10, 11])
        #expect(reply.sources == ["a", "a", "b", "a", "b"])
        #expect(try bars(reply).map { $0.flags.contains(.fallback) } == [false, false, true, false, true])
        #expect(reply.shares.map(\.source) == ["a", "b", "a", "b"])
        #expect(reply.shares.map(\.reply.batch.count) == [2, 1, 1, 1])
        #expect(reply.attempts.count == 2 && reply.attempts.allSatisfy { $0.fault == nil })
    }

    @Test func aFieldComesFromTheOneThatIsNamedForIt() async throws {
        let route = route(
            RouteRules(strategy: .merge, fields: [.volume: "b", .amount: "b"]), member("a", [1: 10, 2: 10]),
            member("b", [2: 11], volume: 7))
        let reply = try await route.fetch(Self.request)
        // The amount, which the other has not either, stays as it is.
        #expect(try bars(reply).map(\.volume) == [100, 7] && bars(reply).map(\.close) == [10, 10])
        #expect(reply.sources == ["a", "a+b"])
    }

    @Test func whatOneHasIsTakenWhereTheOtherBreaksAndTheLastResortOnlyWhereAllDo() async throws {
        let (asked, rules) = (Asked(), RouteRules(strategy: .merge))
        let one = route(
            rules, member("a", nil), member("b", [1: 10]), member("c", [1: 9, 2: 9], isLastResort: true, asked: asked))
        let reply = try await one.fetch(Self.request)
        #expect(try bars(reply).map(\.close) == [10] && asked.ranges.isEmpty)
        #expect(board.status(.route, "daily")?.message == "provider/b serves. provider/a: broke.")
        let none = route(rules, member("a", nil), member("b", nil), member("c", [1: 9, 2: 9], isLastResort: true))
        #expect(try await bars(none.fetch(Self.request)).map(\.close) == [9, 9])
    }

    // MARK: Vote

    @Test func theMajorityIsTakenAndTheOneThatDiffersIsNamed() async throws {
        let route = route(
            vote(.majority), member("a", [1: 10, 2: 12]), member("b", [1: 10, 2: 10]), member("c", [1: 10.05, 2: 10]))
        let reply = try await route.fetch(Self.request)
        #expect(try bars(reply).map(\.close) == [10, 10] && reply.sources == ["a", "b"])
        let conflict = try #require(reply.conflicts.first)
        #expect(reply.conflicts.count == 1 && conflict.time == 2 * day && conflict.taken == "b")
        #expect(
            route.plan.rules.agreement.policy == .majority
                && conflict.message("I0.TEST", route.plan.rules.agreement)
                    == "I0.TEST: the close is 12.0 at a, 10.0 at b, 10.0 at c: more than 1.0 % apart; by 'majority' that of b "
                    + "is taken."
        )
    }

    @Test func withoutAMajorityTheFirstIsTakenAndFlagged() async throws {
        for policy in [ConflictPolicy.majority, .priority] {
            let route = route(vote(policy), member("a", [1: 10, 2: 12]), member("b", [1: 10, 2: 10]))
            let reply = try await route.fetch(Self.request)
            #expect(try bars(reply).map(\.close) == [10, 12])
            #expect(try bars(reply).map { $0.flags.contains(.suspect) } == [false, true])
        }
        let outvoted = route(
            vote(.priority), member("a", [1: 12]), member("b", [1: 10]), member("c", [1: 10]))
        #expect(try await bars(outvoted.fetch(Self.request)).map(\.close) == [12])
    }

    @Test func whatIsHeldWaitsWithAllThatFollowsUntilTheyAgree() async throws {
        let other = Mutex([1: 10.0, 2: 11, 3: 10])
        let provider = AnsweringProvider { (_, request) in
            Reply(events: other.withLock { $0 }.sorted { $0.key < $1.key }.map { bar(0, $0.key, close: $0.value) })
        }
        let route = route(
            vote(.hold), member("a", [1: 10, 2: 10, 3: 10]), .init(ProviderSlot("b", provider), fetches: [.bar]))
        let first = try await route.fetch(Self.request)
        #expect(try bars(first).map(\.time) == [day] && first.conflicts.map(\.taken) == [nil])
        let again = try await route.fetch(Self.request)
        // Told once, however often it is asked.
        #expect(try bars(again).map(\.time) == [day] && again.conflicts.isEmpty)
        other.withLock { $0[2] = 10 }
        #expect(try await bars(route.fetch(Self.request)).map(\.time) == [day, 2 * day, 3 * day])
    }

    @Test func aPriceThatOtherwiseWouldBeDoubtedIsDecidedByTheVote() async throws {
        let route = route(
            vote(.majority), member("a", [1: 1_000]), member("b", [1: 10]), member("c", [1: 10]))
        #expect(try await bars(route.fetch(Self.request)).map(\.close) == [10])
    }

    // MARK: The reference

    @Test func everySoManyAnswersAreComparedWithTheReference() async throws {
        let asked = Asked()
        let route = route(
            RouteRules(agreement: RouteAgreement(policy: .priority)), member("a", [1: 10, 2: 10]),
            reference: .init(member("r", [0: 9, 1: 11, 2: 10, 3: 10], asked: asked).slot, every: 3))
        let first = try await route.fetch(Self.request)
        // Only what the answer has is asked for, and nothing of the reference is taken.
        #expect(asked.ranges == [day...(2 * day)] && first.source == "a")
        #expect(try bars(first).map(\.close) == [10, 10] && first.conflicts.map(\.time) == [day])
        #expect(first.conflicts.first?.words.map(\.source) == ["a", "r"])
        for _ in 0..<2 { _ = try await route.fetch(Self.request) }
        #expect(asked.ranges.count == 1)
        _ = try await route.fetch(Self.request)
        #expect(asked.ranges.count == 2)
    }

    @Test func whereTheReferenceDiffersTheOtherProvidersDecide() async throws {
        let (idle, asked) = (Asked(), Asked())
        let calm = route(
            RouteRules(), member("a", [1: 10]), member("b", [1: 10], asked: idle),
            reference: .init(member("r", [1: 10]).slot, every: 1))
        #expect(try await bars(calm.fetch(Self.request)).map(\.close) == [10] && idle.ranges.isEmpty)
        let route = route(
            RouteRules(), member("a", [1: 12, 2: 10]), member("b", [1: 10, 2: 10, 3: 10], asked: asked),
            reference: .init(member("r", [1: 10, 2: 10]).slot, every: 1))
        let reply = try await route.fetch(Self.request)
        #expect(try bars(reply).map(\.close) == [10, 10] && reply.sources == ["b", "a"])
        #expect(reply.conflicts.first?.taken == "b" && asked.ranges == [day...(2 * day)])
    }

    @Test func aReferenceThatBreaksHoldsNothingUp() async throws {
        let route = route(
            RouteRules(agreement: RouteAgreement(policy: .hold)), member("a", [1: 10]),
            reference: .init(member("r", nil).slot, every: 1))
        let reply = try await route.fetch(Self.request)
        #expect(try bars(reply).map(\.close) == [10] && reply.conflicts.isEmpty)
        #expect(board.status(.provider, "r")?.state == .degraded && board.status(.provider, "a")?.state == .ok)
    }

    @Test func aConflictIsAnAlertOfTheStream() async throws {
        let sink = RecordingSink()
        var rig = Rig()
        rig.instrumentCount = 1
        rig.pull = PullPlan(interval: .seconds(60), isOnce: true)
        rig.consent = vote(.priority)
        let other = AnsweringProvider { (_, _) in Reply(events: [bar(0, 1), bar(0, 2, close: 20), bar(0, 3)]) }
        rig.others = [other]
        let first = AnsweringProvider { (_, _) in Reply(events: [bar(0, 1), bar(0, 2)]) }
        let pipeline = rig.pipeline(first, [Rig.sink("out", sink, records: [.bars, .alerts])])
        try await pipeline.run()
        #expect(sink.rows.filter { $0.kind == .bars }.map { $0.time / day } == [1, 2, 3])
        #expect(sink.rows.filter { $0.kind == .alerts }.map { $0.time / day } == [2])
        #expect(pipeline.snapshot.alerts["conflict"] == 1 && pipeline.snapshot.rejected.isEmpty)
    }
}

/// Counts what a provider was asked for.
final class Asked: Sendable {
    private let all = Mutex<[ClosedRange<Int64>]>([])

    var ranges: [ClosedRange<Int64>] { all.withLock { $0 } }
    func note(_ range: ClosedRange<Int64>) { all.withLock { $0.append(range) } }
}
