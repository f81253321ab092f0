package import PluginKit

/// How a route makes one answer of what its providers say.
package enum RouteStrategy: String, Sendable, CaseIterable {
    /// The first answer that holds; the next provider is asked where one before has none, or is late.
    case firstGood = "first_good"
    /// All are asked: each event is that of the first provider that has it, and named fields are those of others.
    case merge
    /// All are asked: of an event that several have, what most of them say.
    case vote
}

/// What a route does where providers disagree about a bar or quote.
package enum ConflictPolicy: String, Sendable, CaseIterable {
    /// Takes what more than half of them say; where none has so many, the first one's bar, flagged as suspect.
    case majority
    /// Takes the first one's bar; flagged as suspect where it has no majority.
    case priority
    /// Takes what more than half of them say; else this bar and those after it wait until they agree.
    case hold
}

/// When providers count as of one mind, and what becomes of a bar where they are not.
package struct RouteAgreement: Sendable, Hashable {
    /// How far apart two prices may be, as a fraction of the greater one.
    package var tolerance: Double
    /// What is done where they are further apart.
    package var policy: ConflictPolicy

    /// Creates an agreement.
    package init(tolerance: Double = 0.001, policy: ConflictPolicy = .majority) {
        self.tolerance = tolerance
        self.policy = policy
    }

    /// The tolerance in percent, to four decimals.
    var percent: Double { (tolerance * 1_000_000).rounded() / 10_000 }

    /// Whether two events say the same.
    func holds<Event: VotedEvent>(_ left: Event, _ right: Event) -> Bool {
        Event.compared.allSatisfy { distance(left[$0], right[$0]) <= tolerance }
    }

    /// How far apart two numbers are, as a fraction of the greater one; 1 where one of them is missing.
    func distance(_ left: Double, _ right: Double) -> Double {
        if left == right || left.isNaN && right.isNaN { return 0 }
        return left.isNaN || right.isNaN ? 1 : abs(left - right) / max(abs(left), abs(right))
    }
}

/// A bar or quote about which providers disagree.
package struct RouteConflict: Sendable, Hashable {
    /// What one provider says.
    package struct Word: Sendable, Hashable {
        /// The provider instance.
        package let source: String
        /// Its number.
        package let value: Double
    }

    /// The instrument.
    package let instrument: InstrumentID
    /// The event time, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// The price in which they are furthest apart.
    package let field: EventField
    /// What each says of it, in the route's order.
    package let words: [Word]
    /// Whose is taken; `nil` where it waits.
    package let taken: String?

    /// The facts in a sentence; `name` is the instrument's.
    package func message(_ name: String, _ agreement: RouteAgreement) -> String {
        let said = words.map { "\($0.value) at \($0.source)" }.joined(separator: ", ")
        let end = taken.map { "that of \($0) is taken" } ?? "it waits until they agree"
        return "\(name): the \(field.rawValue) is \(said): more than \(agreement.percent) % apart; by "
            + "'\(agreement.policy.rawValue)' \(end)."
    }
}
