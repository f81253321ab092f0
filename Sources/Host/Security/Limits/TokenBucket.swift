/// How often something may be done: so many tokens a second come in, one goes for each time, and some may be saved up.
package struct TokenBucket: Sendable {
    /// How fast and how much.
    package struct Rate: Sendable, Hashable {
        /// Tokens that come in a second.
        package let perSecond: Double
        /// The most that are saved up.
        package let burst: Double

        /// Creates a rate; of less than one token nobody could take any.
        package init(perSecond: Double, burst: Double) { (self.perSecond, self.burst) = (perSecond, max(1, burst)) }
    }

    /// What taking a token gave.
    package struct Outcome: Sendable, Equatable {
        /// Whether there was one.
        package let isTaken: Bool
        /// The most there can be.
        package let limit: Int
        /// How many are left.
        package let remaining: Int
        /// Seconds until there is one, where there was none, else until the bucket is full.
        package let reset: Int
    }

    private var tokens: Double
    private(set) var last: Int64

    /// Creates a full bucket.
    init(_ rate: Rate, at now: Int64) { (tokens, last) = (rate.burst, now) }

    /// Takes a token, where there is one.
    mutating func take(_ rate: Rate, at now: Int64) -> Outcome {
        let seconds = Double(max(0, now - last)) / 1e9
        tokens = min(rate.burst, tokens + seconds * rate.perSecond)
        last = max(last, now)
        let isTaken = tokens >= 1
        if isTaken { tokens -= 1 }
        let wait = isTaken ? (rate.burst - tokens) / rate.perSecond : (1 - tokens) / rate.perSecond
        return Outcome(
            isTaken: isTaken, limit: Int(rate.burst), remaining: Int(tokens), reset: Int(min(wait.rounded(.up), 86_400))
        )
    }
}
