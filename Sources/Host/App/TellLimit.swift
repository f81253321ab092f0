/// Keeps messages of many kinds from burying the rest: a kind is told once in a while, and only so many kinds in an hour.
///
/// What was left out is counted, and told when the next hour begins.
struct TellLimit<Kind: Hashable> {
    /// What becomes of a message.
    enum Verdict: Hashable {
        /// It is told.
        case told
        /// It is told, after the number of messages that were left out before.
        case toldAfter(leftOut: Int)
        /// It is of a kind that was told, or too many were.
        case leftOut
    }

    private static var hour: Int64 { 3_600_000_000_000 }
    /// Hours after which a kind is told again.
    private static var memory: Int64 { 24 }

    private let limit: Int
    private var told: [Kind: Int64] = [:]
    private var hourBegan: Int64?
    private var countInHour = 0
    private var leftOut = 0

    /// Creates a limit of so many messages an hour.
    init(_ limit: Int) { self.limit = limit }

    /// Decides about a message at an instant, in nanoseconds.
    mutating func judge(_ kind: Kind, at now: Int64) -> Verdict {
        begin(now)
        if let before = told[kind], Self.span(before, now) < Self.memory * Self.hour { return .leftOut }
        guard countInHour < limit else {
            leftOut += 1
            return .leftOut
        }
        countInHour += 1
        told[kind] = now
        defer { leftOut = 0 }
        return leftOut > 0 ? .toldAfter(leftOut: leftOut) : .told
    }

    private mutating func begin(_ now: Int64) {
        if let hourBegan, Self.span(hourBegan, now) < Self.hour { return }
        hourBegan = now
        countInHour = 0
        told = told.filter { Self.span($0.value, now) < Self.memory * Self.hour }
    }

    private static func span(_ before: Int64, _ now: Int64) -> Int64 {
        let (span, overflows) = now.subtractingReportingOverflow(before)
        return overflows ? .max : span
    }
}
