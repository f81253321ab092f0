/// How long calls took, in fixed buckets: a few integers, however many calls.
package struct Histogram: Sendable, Hashable {
    /// Upper bounds of the buckets in seconds; one more bucket has what took longer.
    ///
    /// From a stage of one event, some microseconds, to a provider that does not answer, a minute. A third of a decade each is how
    /// exact a quantile can be; 0.5 and 1 are where alerts look.
    package static let bounds = [
        0.000_001, 0.000_003, 0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 1, 3, 10,
        30,
        60,
    ]

    /// Calls in each bucket, not added up.
    package private(set) var counts = Array(repeating: 0, count: bounds.count + 1)
    /// The time of all calls, seconds.
    package private(set) var sum = 0.0

    /// Creates a histogram of nothing.
    package init() {}

    /// How many calls.
    package var count: Int { counts.reduce(0, +) }

    /// Adds a call.
    package mutating func record(_ span: Duration) {
        let seconds = max(0, span / .seconds(1))
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}

extension FlowSnapshot {
    /// What was measured: a stage of the pipeline, or calls of one plugin instance; ids are the manifest's.
    package struct Call: Sendable, Hashable {
        /// What is called.
        package enum Kind: String, Sendable {
            /// A stage, once a delivery.
            case stage
            /// A provider's answer to a request; one that pushes is not asked.
            case provider
            /// A model's predictions of a delivery.
            case model
            /// A sink's write.
            case sink
            /// A sink's flush.
            case flush
        }

        /// What is called.
        package let kind: Kind
        /// The stage's name or the instance's id.
        package let id: String

        /// Names a call.
        package init(_ kind: Kind, _ id: String) {
            self.kind = kind
            self.id = id
        }
    }
}
