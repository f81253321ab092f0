package import PluginKit

/// Where a pipeline's data comes from: providers in order of preference, and the rules to choose by.
package struct RoutePlan: Sendable {
    /// One provider of a route.
    package struct Member: Sendable {
        /// The provider.
        package let slot: ProviderSlot
        /// Kinds of event it gives on request.
        package let fetches: Set<EventKind>
        /// Whether it is asked only when all others failed, however old what it has is.
        package let isLastResort: Bool

        /// Creates a member.
        package init(_ slot: ProviderSlot, fetches: Set<EventKind>, isLastResort: Bool = false) {
            self.slot = slot
            self.fetches = fetches
            self.isLastResort = isLastResort
        }
    }

    /// The route's id in the manifest.
    package let id: String
    /// The providers, those of last resort at the end; at least one.
    package let members: [Member]
    /// How one is chosen.
    package private(set) var rules: RouteRules
    /// The provider that answers are compared with.
    package let reference: Reference?

    /// A provider that is asked beside the route's, now and then.
    package struct Reference: Sendable {
        /// The provider.
        package let slot: ProviderSlot
        /// It is asked at the first of so many answers.
        package let every: Int

        /// Creates a reference.
        package init(_ slot: ProviderSlot, every: Int) {
            self.slot = slot
            self.every = max(1, every)
        }
    }

    /// Creates a plan.
    package init(
        id: String, members: [Member], rules: RouteRules = RouteRules(), reference: Reference? = nil
    ) {
        self.id = id
        self.reference = reference
        self.members = members.filter { !$0.isLastResort } + members.filter(\.isLastResort)
        self.rules = rules
    }

    /// Creates the plan of a route with one provider, which is asked for as long as it takes.
    package init(only slot: ProviderSlot) {
        self.init(id: slot.id, members: [Member(slot, fetches: Set(EventKind.allCases))])
    }

    /// The same route, whose requests may be answered by what another stream was told not long ago.
    package func sharing(_ sharing: AnswerSharing) -> RoutePlan {
        var plan = self
        plan.rules.sharing = sharing
        return plan
    }

    /// The provider that is preferred.
    package var first: ProviderSlot { members[0].slot }

    /// Everyone who may be asked.
    var slots: [ProviderSlot] { members.map(\.slot) + [reference?.slot].compactMap(\.self) }
}

/// How a route chooses between its providers' answers.
package struct RouteRules: Sendable, Hashable {
    /// Longest time for one provider's answer; `nil` for any time.
    package var deadline: Duration?
    /// Longest time for an answer from anyone; `nil` for any time.
    package var budget: Duration?
    /// Time after which the next provider is asked too, while the one before has not answered; `nil` to wait for its end.
    package var hedge: Duration?
    /// Age of the newest event above which another provider is asked for a newer one, nanoseconds; `nil` for any age.
    package var acceptedAge: Int64?
    /// Part of an answer's bars that may be missing by the calendar of their venue before another provider is asked; `nil` for any.
    package var acceptedMissing: Double?
    /// What must be true of an event, and how far a price may be from the one before without another provider's word.
    package var quality: QualityRules
    /// How bars and quotes of several are made into one answer; other kinds are answered by the first that can.
    package var strategy: RouteStrategy
    /// Under `merge`: the provider instances that give fields of events that others give.
    package var fields: [EventField: String]
    /// When they agree, and what is done where they do not.
    package var agreement: RouteAgreement
    /// Which answers to other streams are its own; `nil` for those that are on their way.
    package var sharing: AnswerSharing?

    /// Creates rules; by default one provider is asked after the other, each for as long as it takes.
    package init(
        deadline: Duration? = nil, budget: Duration? = nil, hedge: Duration? = nil,
        acceptedAge: Int64? = nil, acceptedMissing: Double? = nil, quality: QualityRules = QualityRules(),
        strategy: RouteStrategy = .firstGood,
        fields: [EventField: String] = [:], agreement: RouteAgreement = RouteAgreement()
    ) {
        self.strategy = strategy
        self.fields = fields
        self.agreement = agreement
        self.deadline = deadline
        self.budget = budget
        self.hedge = hedge
        self.acceptedAge = acceptedAge
        self.acceptedMissing = acceptedMissing
        self.quality = quality
    }
}
