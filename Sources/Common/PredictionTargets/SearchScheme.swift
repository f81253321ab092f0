/// How the options of a model are searched before it is fitted.
package struct SearchScheme: Sendable, Hashable {
    /// What a trial is judged by, each declared once.
    package enum Metric: String, Sendable, CaseIterable, Encodable {
        case r2, ic
        case rankIC = "rank_ic"
        case icir
        case directionalAccuracy = "directional_accuracy"
        case logLoss = "log_loss"
        case brier, pinball

        /// Whether less of it is better.
        package var isLoss: Bool { isOfClasses || self == .pinball }

        /// Whether only labels 0 and 1 have it.
        package var isOfClasses: Bool { self == .logLoss || self == .brier }
    }

    /// Where the first trials lie.
    package enum Start: String, Sendable, CaseIterable {
        /// Points that fill the space evenly, shifted by the seed.
        case sobol
        /// Points drawn independently.
        case random
    }

    /// When a trial ends early.
    package enum Stop: String, Sendable, CaseIterable {
        /// After each fold unless it is among the better half of all that came as far.
        case halving
        /// Never.
        case none
    }

    /// The values of one option that are tried.
    package enum Values: Sendable, Hashable {
        /// Whole numbers.
        case integers(ClosedRange<Int>, isLog: Bool)
        /// Numbers.
        case numbers(ClosedRange<Double>, isLog: Bool)
        /// Words.
        case words([String])
        /// Off and on.
        case flags
    }

    /// One option that is searched.
    package struct Dimension: Sendable, Hashable {
        /// The option.
        package let option: String
        /// What is tried of it.
        package let values: Values

        /// Creates a dimension.
        package init(_ option: String, _ values: Values) { (self.option, self.values) = (option, values) }
    }

    /// Options that can be searched together at most.
    package static let mostOptions = 16

    /// Trials of one search, 1...10000.
    package let trials: Int
    /// What is searched, in the order of the plugin's options.
    package let over: [Dimension]
    /// What a trial is judged by.
    package let metric: Metric
    /// Where the first trials lie.
    package let start: Start
    /// When a trial ends early.
    package let stop: Stop
    /// Tests of a walk over the rows that a search may see, 2...20.
    package let folds: Int
    /// Seeds every choice of the search.
    package let seed: UInt64

    /// Creates a scheme.
    package init(
        trials: Int, over: [Dimension], metric: Metric = .rankIC, start: Start = .sobol, stop: Stop = .halving,
        folds: Int = 3, seed: UInt64
    ) {
        (self.trials, self.over, self.metric) = (trials, over, metric)
        (self.start, self.stop, self.folds, self.seed) = (start, stop, folds, seed)
    }
}

extension SearchScheme: CustomStringConvertible {
    /// What the options found depend on, beside the rows.
    package var description: String {
        let over = over.map { dimension in
            switch dimension.values {
            case .integers(let range, let isLog): "\(dimension.option):i\(range)\(isLog ? "log" : "")"
            case .numbers(let range, let isLog): "\(dimension.option):n\(range)\(isLog ? "log" : "")"
            case .words(let words): "\(dimension.option):\(words)"
            case .flags: "\(dimension.option):flags"
            }
        }
        return ([metric.rawValue, start.rawValue, stop.rawValue, "\(folds)", "\(trials)", "\(seed)"] + over)
            .joined(separator: ",")
    }
}
