package import PluginKit

/// What is allowed by one rule.
package struct RiskLimit: Sendable, Hashable {
    /// The rule's name.
    package let rule: String
    /// The most that is allowed, in the rule's unit; `nil` where only `of` says.
    package let limit: Double?
    /// Other limits of single instruments or groups, by name.
    package let of: [String: Double]
    /// An alert ends once what is measured is at or below so much of its limit.
    package let clear: Double
    /// How bad it is.
    package let severity: Alert.Severity
    /// An alert that nobody acknowledged for so long becomes critical, nanoseconds; `nil` for never.
    package let escalateAfter: Int64?
    /// Probability with which a loss stays below a value at risk.
    package let confidence: Double

    /// Creates a limit.
    package init(
        rule: String, limit: Double?, of: [String: Double] = [:], clear: Double = 0.95,
        severity: Alert.Severity = .warning, escalateAfter: Int64? = nil, confidence: Double = 0.99
    ) {
        self.rule = rule
        self.limit = limit
        self.of = of
        self.clear = clear
        self.severity = severity
        self.escalateAfter = escalateAfter
        self.confidence = confidence
    }
}

/// All that a risk service is told by the manifest about limits.
package struct RiskLimits: Sendable, Hashable {
    /// The base currency.
    package var currency = "USD"
    /// What equity begins with, base currency.
    package var capital = 0.0
    /// How many past spans value at risk looks at.
    package var window = 250
    /// The limits, one a rule.
    package var limits: [RiskLimit] = []
    /// The shortest time between two alerts of one rule and subject, nanoseconds.
    package var cooldown: Int64 = 60_000_000_000
    /// When changes of a rule's alerts are stored and not told; `all` for every rule.
    package var silences: [String: [SilenceWindow]] = [:]

    /// Creates limits that allow everything.
    package init() {}

    /// Whether nobody is to be told of a rule's alerts at a time.
    package func isSilent(_ rule: String, at time: Int64) -> Bool {
        ((silences[rule] ?? []) + (silences["all"] ?? [])).contains { $0.holds(time) }
    }
}

/// A part of each day, UTC, in which nobody is told.
package struct SilenceWindow: Sendable, Hashable, CustomStringConvertible {
    private static let day: Int64 = 86_400
    /// Seconds of the day.
    private let from: Int64
    private let to: Int64

    /// Reads `22:00-06:00`; `nil` where a text is none.
    package init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.seconds)
        guard ends.count == 2, let from = ends[0], let to = ends[1], from != to else { return nil }
        (self.from, self.to) = (from, to)
    }

    /// Whether it holds a time, nanoseconds since the Unix epoch.
    package func holds(_ time: Int64) -> Bool {
        let second = ((time / 1_000_000_000) % Self.day + Self.day) % Self.day
        return from < to ? (from..<to).contains(second) : second >= from || second < to
    }

    /// `22:00-06:00`.
    package var description: String { "\(Self.text(from))-\(Self.text(to))" }

    private static func seconds(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int64(parts[0]),
            let minute = Int64(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return hour * 3_600 + minute * 60
    }

    private static func text(_ seconds: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(seconds / 3_600)):\(two(seconds / 60 % 60))"
    }
}
