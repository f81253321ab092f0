/// What the manifest says about risk: what is held, what is allowed, who is told.
package struct RiskDeclaration: Sendable, Hashable {
    /// What one rule allows.
    package struct Limit: Sendable, Hashable {
        /// The rule.
        package let rule: String
        /// The limit, in the rule's unit; durations in seconds.
        package let limit: Double?
        /// Other limits, by instrument or group.
        package let of: [String: Double]
        /// The part of the limit at which an alert ends.
        package let clear: Double
        /// `info`, `warning` or `critical`.
        package let severity: String
        /// When an alert that nobody acknowledged becomes critical.
        package let escalateAfter: Duration?
        /// Probability with which a loss stays below.
        package let confidence: Double
    }

    /// The base currency.
    package let currency: String
    /// What equity begins with.
    package let capital: Double
    /// The file of what is held, as written; `nil` where it comes over REST.
    package let positions: String?
    /// Base currency for one unit of another.
    package let rates: [String: Double]
    /// Ids of the sinks that are told.
    package let sinks: [String]
    /// How many past bars are looked at.
    package let window: Int
    /// Shortest time between two alerts of one rule and subject.
    package let cooldown: Duration
    /// Parts of the day in which nobody is told, by rule.
    package let silences: [String: [String]]
    /// The limits, in the order of the rules.
    package let limits: [Limit]

    /// The parts of it that are limits, as one text that is equal where they are.
    package var text: String {
        let limits = limits.map { one in
            let own = one.of.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            return "\(one.rule): \(one.limit.map { "\($0)" } ?? "none") of {\(own)} clear \(one.clear) \(one.severity) "
                + "escalate \(one.escalateAfter.map { "\($0)" } ?? "never") confidence \(one.confidence)"
        }
        return (["\(currency) \(capital) window \(window)"] + limits).joined(separator: "\n")
    }
}
