/// How signals become wanted positions.
package struct StrategyRule: Sendable, Hashable {
    /// The kind of rule.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The instruments with the highest signals, in equal parts.
        case topK = "top_k"
        /// Bought above one value, sold below another.
        case threshold
        /// In proportion to the signal, where that is above 0.
        case proportional
        /// The signal is the wanted part of the account itself.
        case policy

        /// What it does, in one sentence.
        package var summary: String {
            switch self {
            case .topK: "the k instruments with the highest signals, in equal parts"
            case .threshold: "bought where the signal is above enter, sold where it is below exit"
            case .proportional: "in proportion to the signal where it is above 0"
            case .policy: "the signal is the wanted part of the account, 0 ... 1"
            }
        }
    }

    package var kind: Kind
    /// How many instruments are held under `topK`.
    package var count: Int
    /// What is held stays while it is among so many, under `topK`; at least `count`.
    package var keep: Int
    /// Above it is bought, under `threshold`.
    package var enter: Double
    /// Below it is sold, under `threshold`.
    package var exit: Double
    /// Shares that are bought under `threshold`; `nil` for a part of the account.
    package var shares: Fixed?

    /// Creates a rule.
    package init(
        _ kind: Kind, count: Int = 5, keep: Int? = nil, enter: Double = 0, exit: Double? = nil, shares: Fixed? = nil
    ) {
        self.kind = kind
        self.count = count
        self.keep = max(count, keep ?? count)
        self.enter = enter
        self.exit = exit ?? enter
        self.shares = shares
    }

    /// Returns the wanted part of the account of each place; `nil` leaves what is held as it is.
    ///
    /// - Parameters:
    ///   - signals: by place; NaN where there is none.
    ///   - isHeld: whether something is held, by place.
    ///   - fresh: whether the place has a bar now; what has none is left as it is.
    func weights(_ signals: [Double], isHeld: [Bool], fresh: [Bool], limits: StrategyLimits) -> [Double?] {
        var weights: [Double?]
        switch kind {
        case .topK: weights = top(signals, isHeld, fresh)
        case .threshold: weights = crossing(signals, isHeld, fresh, limits)
        case .proportional:
            let sum = signals.indices.reduce(0.0) { $0 + (fresh[$1] && signals[$1] > 0 ? signals[$1] : 0) }
            weights = signals.indices.map { place in
                guard fresh[place] else { return nil }
                return signals[place] > 0 && sum > 0 && sum.isFinite ? signals[place] / sum : 0
            }
        case .policy:
            weights = signals.indices.map { place in
                fresh[place] && !signals[place].isNaN ? min(1, max(0, signals[place])) : nil
            }
        }
        return limits.held(weights)
    }

    private func top(_ signals: [Double], _ isHeld: [Bool], _ fresh: [Bool]) -> [Double?] {
        // Equal signals in the order of instruments, so that a run is the same every time.
        let ranked = signals.indices.filter { fresh[$0] && signals[$0].isFinite }.sorted {
            signals[$0] != signals[$1] ? signals[$0] > signals[$1] : $0 < $1
        }
        // What is held and has no bar now keeps its part.
        let free = max(0, count - isHeld.indices.count { isHeld[$0] && !fresh[$0] })
        var chosen = Set(ranked.prefix(keep).filter { isHeld[$0] }.prefix(free))
        for place in ranked where chosen.count < free { chosen.insert(place) }
        let part = 1 / Double(max(1, count))
        return signals.indices.map { place in fresh[place] ? (chosen.contains(place) ? part : 0) : nil }
    }

    private func crossing(
        _ signals: [Double], _ isHeld: [Bool], _ fresh: [Bool], _ limits: StrategyLimits
    ) -> [Double?] {
        let part = min(limits.weight, limits.gross / Double(max(1, signals.count)))
        return signals.indices.map { place in
            guard fresh[place], !signals[place].isNaN else { return nil }
            if !isHeld[place] { return signals[place] > enter ? part : nil }
            return signals[place] < exit ? 0 : nil
        }
    }
}

/// What a strategy may hold.
package struct StrategyLimits: Sendable, Hashable {
    /// Greatest part of the account in one instrument.
    package var weight: Double
    /// Greatest part of the account in all of them.
    package var gross: Double
    /// Changes below this part of the account are not traded.
    package var minimumTrade: Double

    /// Creates limits.
    package init(weight: Double = 1, gross: Double = 1, minimumTrade: Double = 0) {
        self.weight = weight
        self.gross = gross
        self.minimumTrade = minimumTrade
    }

    /// Returns weights within the limits: each is cut, then all are scaled down alike.
    func held(_ weights: [Double?]) -> [Double?] {
        let cut = weights.map { $0.map { min($0, weight) } }
        let sum = cut.reduce(0.0) { $0 + ($1 ?? 0) }
        guard sum > gross else { return cut }
        return cut.map { $0.map { $0 * gross / sum } }
    }
}

/// All that says what a strategy does with signals.
package struct StrategyPlan: Sendable {
    /// One instrument it may trade.
    package struct Member: Sendable {
        /// Canonical name.
        package var name: String
        package var rules: VenueRules
        /// First day of trading, in days after 1970-01-01; `nil` where it is not known.
        package var listed: Int32?
        /// Days under a risk warning.
        package var warned: [ClosedRange<Int32>]

        /// Creates a member.
        package init(_ name: String, _ rules: VenueRules, listed: Int32? = nil, warned: [ClosedRange<Int32>] = []) {
            self.name = name
            self.rules = rules
            self.listed = listed
            self.warned = warned
        }
    }

    package var id: String
    package var rule: StrategyRule
    package var limits: StrategyLimits
    /// It decides at every so many event times.
    package var rebalance: Int
    package var execution: Execution
    package var capital: Money
    /// Places are positions here.
    package var members: [Member]
    /// Whether prices were adjusted for splits and dividends.
    package var isAdjusted: Bool
    /// Span of a bar, nanoseconds.
    package var span: Int64

    /// Creates a plan.
    package init(
        id: String, rule: StrategyRule, limits: StrategyLimits = StrategyLimits(), rebalance: Int = 1,
        execution: Execution = Execution(), capital: Money, members: [Member], isAdjusted: Bool = false,
        span: Int64 = 86_400_000_000_000
    ) {
        self.id = id
        self.rule = rule
        self.limits = limits
        self.rebalance = rebalance
        self.execution = execution
        self.capital = capital
        self.members = members
        self.isAdjusted = isAdjusted
        self.span = span
    }
}
