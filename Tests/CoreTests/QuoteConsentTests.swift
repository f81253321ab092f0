import HostCore
import PluginKit
import Testing

/// Routes that make one answer of the quotes that several providers have.
struct QuoteConsentTests {
    private static let request = FetchRequest(
        .quote,
        of: (0..<2).map { InstrumentReference(id: id($0), instrument: Instrument(code: "I\($0)", venue: "TEST")) })

    private static func quote(
        _ instrument: Int, _ second: Int64, bid: Double, ask: Double, size: Double = 100
    ) -> Quote {
        Quote(
            time: second * 1_000_000_000, bid: bid, ask: ask, bidSize: size, askSize: size, instrument: id(instrument))
    }

    private func route(_ rules: RouteRules, _ answers: [Quote]?...) -> Route {
        let members = zip("abc", answers).map { name, quotes in
            RoutePlan.Member(
                ProviderSlot(
                    "\(name)",
                    AnsweringProvider { (_, _) throws(PluginError) in
                        guard let quotes else { throw PluginError(.transient, "provider/\(name): broke.") }
                        return Reply(events: quotes)
                    }), fetches: [.quote])
        }
        return Route(
            RoutePlan(id: "live", members: members, rules: rules), pipeline: "main", clock: ContinuousClock(),
            wallTime: { 100 * day }, board: nil)
    }

    private func vote(_ policy: ConflictPolicy) -> RouteRules {
        RouteRules(strategy: .vote, agreement: RouteAgreement(tolerance: 0.01, policy: policy))
    }

    @Test func instrumentsThatOneLacksAreAnothersAndFieldsAreOfTheOneThatIsNamed() async throws {
        let route = route(
            RouteRules(strategy: .merge, fields: [.bidSize: "b", .askSize: "b"]),
            [Self.quote(0, 10, bid: 9.9, ask: 10.1, size: 1)],
            [Self.quote(0, 12, bid: 9.8, ask: 10.2, size: 700), Self.quote(1, 11, bid: 4, ask: 5)])
        let reply = try await route.fetch(Self.request)
        let quotes = try reply.reply.events(Quote.self)
        // Their times differ; it is one quote all the same, the newest that each knows.
        #expect(quotes.map(\.instrument) == [id(0), id(1)])
        #expect(quotes[0].bid == 9.9 && quotes[0].bidSize == 700 && quotes[0].askSize == 700 && quotes[1].bid == 4)
        #expect(reply.sources == ["a+b", "b"] && quotes[1].flags.contains(.fallback))
        #expect(reply.shares.map(\.source) == ["a+b", "b"])
        #expect(reply.shares.allSatisfy { $0.reply.batch.kind == .quote && $0.reply.batch.count == 1 })
    }

    @Test func theMajorityIsTakenAndTheOneThatDiffersIsNamed() async throws {
        let route = route(
            vote(.majority), [Self.quote(0, 10, bid: 990, ask: 1_010)],
            [Self.quote(0, 9, bid: 9.8, ask: 10.2), Self.quote(0, 11, bid: 9.9, ask: 10.1)],
            [Self.quote(0, 12, bid: 9.91, ask: 10.1)])
        let reply = try await route.fetch(Self.request)
        // Of two of one provider the newer one counts.
        #expect(try reply.reply.events(Quote.self).map(\.bid) == [9.9] && reply.sources == ["b"])
        let conflict = try #require(reply.conflicts.first)
        #expect(
            conflict.message("I0.TEST", route.plan.rules.agreement)
                == "I0.TEST: the bid is 990.0 at a, 9.9 at b, 9.91 at c: more than 1.0 % apart; by 'majority' that of b is taken."
        )
    }

    @Test func aSideThatOneLacksIsNoAgreement() async throws {
        let route = route(
            vote(.priority), [Self.quote(0, 10, bid: .nan, ask: 10.1)], [Self.quote(0, 10, bid: 9.9, ask: 10.1)])
        let reply = try await route.fetch(Self.request)
        let quote = try #require(try reply.reply.events(Quote.self).first)
        #expect(quote.bid.isNaN && quote.flags.contains(.suspect) && reply.conflicts.count == 1)
        let both = self.route(
            vote(.priority), [Self.quote(0, 10, bid: .nan, ask: 10.1)], [Self.quote(0, 10, bid: .nan, ask: 10.1)])
        #expect(try await both.fetch(Self.request).conflicts.isEmpty)
    }

    @Test func whatIsHeldIsLeftOutAndTheOthersFlow() async throws {
        let route = route(
            vote(.hold), [Self.quote(0, 10, bid: 9.9, ask: 10.1), Self.quote(1, 10, bid: 4, ask: 5)],
            [Self.quote(0, 10, bid: 99, ask: 101), Self.quote(1, 12, bid: 4, ask: 5)])
        let reply = try await route.fetch(Self.request)
        #expect(try reply.reply.events(Quote.self).map(\.instrument) == [id(1)])
        #expect(reply.conflicts.map(\.taken) == [nil])
    }

    @Test func oneThatBreaksIsDoneWithout() async throws {
        let route = route(vote(.majority), nil, [Self.quote(0, 10, bid: 9.9, ask: 10.1)])
        let reply = try await route.fetch(Self.request)
        #expect(reply.sources == ["b"] && reply.attempts.contains { $0.fault != nil })
    }
}
