package import PluginKit

/// Where a pipeline's data comes from: one entry of the key `routes`.
package struct RouteDeclaration: Sendable {
    /// The route's id.
    package let id: String
    /// The enabled providers in order of preference, that of last resort at the end; none where all are disabled and no
    /// pipeline uses the route.
    package private(set) var providers: [String]
    /// The provider that is asked only when all others failed.
    package let lastResort: String?
    /// Longest time for one provider's answer; `nil` for what the number of providers suggests.
    package let deadline: Duration?
    /// Longest time for an answer from anyone; `nil` for what the number of providers suggests.
    package let budget: Duration?
    /// Time after which the next provider is asked too.
    package let hedge: Duration?
    /// How old data may be to be accepted; `nil` for any age.
    package let maxAge: Duration?
    /// Part of an answer's bars that may be missing by the calendar before another provider is asked; `nil` for any.
    package let acceptedMissing: Double?
    /// How several make one answer.
    package private(set) var consent: RouteConsent
    /// What prices are accepted.
    package let prices: AcceptedPrices
    /// How often a provider that does not push is asked for what is new; `nil` for what the timeframe suggests.
    package let poll: Duration?
    /// How long nothing new may come; `nil` for what the timeframe suggests.
    package let silence: Duration?
    /// The id's key in the file.
    package let location: SourceSpan

    /// Whether the same data comes in the same way, wherever that is written.
    func isSame(as other: RouteDeclaration) -> Bool {
        providers == other.providers && lastResort == other.lastResort && deadline == other.deadline
            && budget == other.budget && hedge == other.hedge && maxAge == other.maxAge && prices == other.prices
            && acceptedMissing == other.acceptedMissing && consent == other.consent && poll == other.poll
            && silence == other.silence
    }

    /// The same route with one of its providers.
    package func only(_ provider: String) -> RouteDeclaration {
        var route = self
        route.providers = [provider]
        route.consent = RouteConsent()
        return route
    }

    /// Every provider that may be asked.
    package var everyProvider: [String] {
        providers + [consent.reference].compactMap(\.self).filter { !providers.contains($0) }
    }
}

/// How the answers of several providers make one: words and numbers as in the file.
package struct RouteConsent: Sendable, Hashable {
    /// `first_good`, `merge` or `vote`.
    package var strategy = "first_good"
    /// Providers of single fields, by the field's name.
    package var fields: [String: String] = [:]
    /// How far apart prices may be, as a fraction.
    package var tolerance = 0.001
    /// `majority`, `priority` or `hold`.
    package var conflict = "majority"
    /// The provider that answers are compared with.
    package var reference: String?
    /// It is asked at the first of so many answers.
    package var every = 20

    /// Creates that of a route whose first good answer counts.
    package init() {}

    /// Whether the route is asked for events of a kind even where its first provider pushes them.
    package func isAsked(for kind: EventKind) -> Bool {
        let hasSeveral = strategy != "first_good"
        return kind == .bar ? hasSeveral || reference != nil : kind == .quote && hasSeveral
    }
}

/// What prices a route accepts, what becomes of bars that are missing, and which gaps are told.
package struct AcceptedPrices: Sendable, Hashable {
    /// The numbers that a venue can have of its own.
    package struct Thresholds: Sendable, Hashable {
        /// How many times the close before a close may be, and the other way round.
        package var maxJump = 50.0
        /// How many times the usual move of the last bars a move may be before it is flagged.
        package var maxMove = 10.0
        /// How long nothing must have come before a gap is told, by the kind's name.
        package var gaps: [String: Duration] = [:]
    }

    /// Those of every venue that has none of its own.
    package var common = Thresholds()
    /// Those of single venues, by name.
    package var venues: [String: Thresholds] = [:]
    /// Whether prices may be zero or negative.
    package var hasAnySign = false
    /// `leave`, `fill` or `fail`.
    package var missing = "leave"

    /// What decides about rows as text, for digests.
    package var description: String {
        let venues = venues.filter { numbers($0.value) != numbers(common) }.sorted { $0.key < $1.key }
        return numbers(common) + (missing == "leave" ? "" : " \(missing)")
            + venues.map { "; \($0.key) \(numbers($0.value))" }.joined()
    }

    private func numbers(_ own: Thresholds) -> String {
        "\(own.maxJump)" + (hasAnySign ? " any" : "") + (own.maxMove == 10 ? "" : " move \(own.maxMove)")
    }
}
