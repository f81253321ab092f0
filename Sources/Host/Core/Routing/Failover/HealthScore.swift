/// How well a provider answered of late: 1 for always, 0 for never. The last answer weighs an eighth.
package struct HealthScore: Sendable {
    private static let weight = 0.125

    /// The score; 1 before anything was asked.
    package private(set) var value = 1.0
    /// How long answers take of late, seconds; `nil` before the first.
    package private(set) var seconds: Double?
    /// Requests that were answered, and that were not.
    package private(set) var counts: (answered: Int, failed: Int) = (0, 0)

    /// Creates a score before the first request.
    package init() {}

    /// Adds a request that took a time.
    package mutating func note(isAnswered: Bool, took span: Duration) {
        value += Self.weight * ((isAnswered ? 1 : 0) - value)
        guard isAnswered else {
            counts.failed += 1
            return
        }
        counts.answered += 1
        let took = max(0, span / .seconds(1))
        seconds = seconds.map { $0 + Self.weight * (took - $0) } ?? took
    }
}
