package import PluginKit

/// How long a pipeline tries to get its data.
package struct StreamPolicy: Sendable {
    /// Whether the host ends with the data: few tries, then a fault.
    package let isOnce: Bool
    /// Whether it is never given up: `on_failure: retry`.
    package let keepsTrying: Bool
    /// How long no sign of life may come before the stream counts as silent; `nil` for any time.
    package let silence: Silence?
    /// How often others are asked while the one that pushes does not; `nil` for the usual interval.
    package let poll: Duration?

    /// Creates a policy.
    package init(isOnce: Bool, keepsTrying: Bool = false, silence: Silence? = nil, poll: Duration? = nil) {
        self.poll = poll
        self.isOnce = isOnce
        self.keepsTrying = keepsTrying
        self.silence = silence
    }
}

/// What follows from each fault of a provider: the wait before the next try, or the end. A value without clock and I/O.
///
/// | Fault | Tries |
/// |---|---|
/// | that time can heal (network, a process that ended, an unreadable reply ...) | after 1 s, doubled up to 5 minutes |
/// | credentials, a ban, a refused request | after 1 minute, doubled up to 1 hour |
/// | configuration, or what the provider cannot do at all | 3, then it is given up; after a minute ... under `keepsTrying` |
/// | any, where the host ends with the data | 3 where it may pass within seconds, else none |
///
/// A source that says when to come back is not asked before. The count begins anew once the stream brought something new.
package struct StreamRecovery: Sendable {
    /// What to do after a fault.
    package enum Step: Sendable, Hashable {
        /// Try again after a while.
        case again(after: Duration)
        /// Try no more.
        case giveUp
    }

    /// Tries in a row before a fault that time does not heal is taken for the last word.
    package static let budget = 3
    /// Longest wait a source can ask for.
    private static let longestWait = Duration.seconds(86_400)

    private let policy: StreamPolicy
    private var faults = 0

    /// Creates a recovery before the first try.
    package init(_ policy: StreamPolicy) { self.policy = policy }

    /// Notes that the stream brought something new.
    package mutating func worked() { faults = 0 }

    /// Takes a fault; returns what to do.
    package mutating func failed(_ error: PluginError) -> Step {
        faults += 1
        let kind = Kind(error.code)
        if policy.isOnce, !canPass(error) || faults >= Self.budget { return .giveUp }
        if kind == .lasting, !policy.keepsTrying, faults >= Self.budget { return .giveUp }
        let isSlow = kind == .refused || (kind == .lasting && policy.keepsTrying)
        let (first, longest) = isSlow ? (60, 3_600) : (1, 300)
        let wait = Duration.seconds(min(longest, first << min(faults - 1, 12)))
        return .again(after: max(wait, min(error.retryAfter ?? .zero, Self.longestWait)))
    }

    /// Whether a host that waits for its data may hope.
    private func canPass(_ error: PluginError) -> Bool { error.isTransient || error.code == .malformed }

    private enum Kind {
        case passing, refused, lasting

        init(_ code: PluginError.Code) {
            switch code {
            case .auth, .permission, .banned, .badRequest: self = .refused
            case .configuration, .unsupported: self = .lasting
            default: self = .passing
            }
        }
    }
}
