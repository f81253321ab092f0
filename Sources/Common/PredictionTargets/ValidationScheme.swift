/// How a model is judged on rows it has not learned from.
///
/// The event times are cut into equal stretches; each test takes one or more of them, and learns from others. Purge: no row is
/// learned from whose label reaches into a test, or that lies within what a test's labels need. Embargo: `embargo` event times
/// around each test are left out besides.
package struct ValidationScheme: Sendable, Hashable {
    /// The kinds, each declared once.
    package enum Kind: String, Sendable, CaseIterable {
        /// `folds + 1` stretches; each but the first is tested on what all before it taught.
        case walkForward = "walk_forward"
        /// The same, and no more than `window` event times are learned from.
        case rolling
        /// `folds` stretches; each is tested on what all others taught, those after it too.
        case purgedKFold = "purged_kfold"
        /// `folds` stretches; each choice of `tested` of them is tested on what the others taught.
        case combinatorial

        /// One sentence for the manifest.
        package var summary: String {
            switch self {
            case .walkForward: "learns from all before each test"
            case .rolling: "learns from the 'window' before each test"
            case .purgedKFold: "learns from all but each test, later rows too"
            case .combinatorial: "the same for each choice of 'tested' stretches"
            }
        }

        /// Whether tests learn from the past alone, so that their fits may serve over the history.
        package var isForward: Bool { self == .walkForward || self == .rolling }
    }

    /// Fits of one validation at most.
    package static let limit = 200

    package let kind: Kind
    /// Tests of a walk, or stretches; 2...50.
    package let folds: Int
    /// Stretches that are tested together, of `combinatorial`; 1 elsewhere.
    package let tested: Int
    /// Event times learned from at most, of `rolling`; `nil` for any number.
    package let window: Int?
    /// Event times left out around each test, 0...10000.
    package let embargo: Int
    /// Rows a test must be able to learn from; tests with fewer are left out.
    package let minTrain: Int
    /// Share of the newest event times that nothing but a look at the hold-out is judged on, 0...0.5; what serves learns from
    /// them.
    package let holdout: Double

    /// Creates a scheme.
    package init(
        _ kind: Kind = .walkForward, folds: Int, tested: Int = 1, window: Int? = nil, embargo: Int, minTrain: Int,
        holdout: Double = 0
    ) {
        self.kind = kind
        self.folds = folds
        self.tested = kind == .combinatorial ? tested : 1
        self.window = kind == .rolling ? window : nil
        self.embargo = embargo
        self.minTrain = minTrain
        self.holdout = holdout
    }

    /// How many tests there are where every one has enough to learn from: the choices of `tested` out of `folds`.
    package var tests: Int {
        // Divides without a rest at each step; beyond the limit the number itself means nothing.
        (0..<tested).reduce(1) { $0 > 1_000_000 ? $0 : $0 * (folds - $1) / ($1 + 1) }
    }
}

extension ValidationScheme: CustomStringConvertible {
    /// `walk_forward,5,1,all,5,250`: what an artifact depends on.
    package var description: String {
        "\(kind.rawValue),\(folds),\(tested),\(window.map { "\($0)" } ?? "all"),\(embargo),\(minTrain)"
            + (holdout > 0 ? ",\(holdout)" : "")
    }
}
