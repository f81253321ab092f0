public import PluginKit

/// What a conformance run says about one plugin.
public struct ConformanceReport: Sendable {
    /// What a check is about.
    public enum Area: String, Sendable, CaseIterable {
        /// What the plugin says about itself.
        case `protocol`
        /// Construction, stop, what is held and given back.
        case lifecycle
        /// Options, defaults, secrets.
        case configuration
        /// The data that goes through it.
        case data
        /// How fast it was here; measured, never judged.
        case performance
    }

    /// What became of a check.
    public enum Outcome: Sendable, Hashable {
        /// The claim holds.
        case passed
        /// It does not; the findings say where.
        case failed
        /// The plugin does not do what the check is about.
        case notApplicable(String)
        /// The sample did not give what the check needs.
        case skipped(String)

        /// The outcome as one word.
        public var word: String {
            switch self {
            case .passed: "passed"
            case .failed: "failed"
            case .notApplicable: "not_applicable"
            case .skipped: "skipped"
            }
        }

        /// Why nothing was checked.
        public var reason: String? {
            switch self {
            case .passed, .failed: nil
            case .notApplicable(let reason), .skipped(let reason): reason
            }
        }
    }

    /// How long a check took, roughly: numbers would differ from run to run.
    public enum DurationClass: String, Sendable {
        /// Under 10 ms.
        case instant
        /// Under a second.
        case quick
        /// Under 10 s.
        case slow
        /// 10 s and more.
        case long

        init(_ duration: Duration) {
            self =
                duration < .milliseconds(10)
                ? .instant : duration < .seconds(1) ? .quick : duration < .seconds(10) ? .slow : .long
        }
    }

    /// One check that was run.
    public struct Check: Sendable {
        /// Its name; findings carry it.
        public let name: String
        /// What it is about.
        public let area: Area
        /// What became of it.
        public let outcome: Outcome
        /// How long it took.
        public let duration: DurationClass
    }

    /// One measured number.
    public struct Figure: Sendable {
        /// `snake_case` name: `row_time`.
        public let name: String
        /// The number.
        public let value: Double
        /// Its unit: `ns`, `rows/s`.
        public let unit: String
    }

    /// How far a plugin keeps the contract.
    public enum Level: String, Sendable, Comparable {
        /// It does not keep what every plugin must.
        case none
        /// Protocol, lifecycle and configuration are kept.
        case bronze
        /// The data checks too, as far as the sample let them run.
        case silver
        /// No finding, nothing skipped, and its speed is known.
        case gold

        private var rank: Int {
            switch self {
            case .none: 0
            case .bronze: 1
            case .silver: 2
            case .gold: 3
            }
        }

        /// Orders from `none` to `gold`.
        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    /// The plugin, `kind/name`.
    public let plugin: String
    /// Its version.
    public let version: String
    /// How it was kept apart from the host.
    public let tier: PluginTier
    /// Every check, in the order run.
    public let checks: [Check]
    /// What is wrong; empty where nothing is.
    public let findings: [ConformanceFinding]
    /// What was measured.
    public let figures: [Figure]

    /// How far the plugin keeps the contract.
    public var level: Level {
        guard isKept(.protocol), isKept(.lifecycle), isKept(.configuration) else { return .none }
        guard isKept(.data), checks.contains(where: { $0.area == .data && $0.outcome == .passed }) else {
            return .bronze
        }
        let isWhole = checks.allSatisfy { $0.outcome.word != "skipped" }
        return isWhole && findings.isEmpty && !figures.isEmpty ? .gold : .silver
    }

    /// Names of the checks with findings, each once, in the order run.
    public var failedChecks: [String] { checks.filter { $0.outcome == .failed }.map(\.name) }

    private func isKept(_ area: Area) -> Bool { !checks.contains { $0.area == area && $0.outcome == .failed } }
}
