/// What a model learns to predict.
package enum ModelTarget: Sendable, Hashable, CustomStringConvertible {
    /// The return over so many bars, as a fraction.
    case relativeReturn(bars: Int)
    /// The realised volatility over so many bars.
    case volatility(bars: Int)

    /// How many bars after a row its label is known.
    package var horizon: Int {
        switch self {
        case .relativeReturn(let bars), .volatility(let bars): bars
        }
    }

    /// `return over 1 bar`, `volatility over 5 bars`.
    package var description: String {
        switch self {
        case .relativeReturn(let bars): "return over \(bars) bar\(bars == 1 ? "" : "s")"
        case .volatility(let bars): "volatility over \(bars) bars"
        }
    }
}

/// Which feature columns a model sees.
package enum FeatureSelection: Sendable, Hashable {
    /// Every output of the pipeline's indicators.
    case all
    /// These columns, in this order: `rsi14`, `macd.signal`.
    case named([String])
}

/// How a model is judged: walk-forward, with a gap between what it learned and what it is asked.
package struct ValidationPlan: Sendable, Hashable {
    /// Steps of the walk, 2...50.
    package let folds: Int
    /// Bars left out between training and test rows, 0...10000.
    package let embargo: Int
    /// Least rows of the first training set.
    package let minTrain: Int

    /// Creates a plan.
    package init(folds: Int, embargo: Int, minTrain: Int) {
        self.folds = folds
        self.embargo = embargo
        self.minTrain = minTrain
    }
}

/// One declared model.
package struct ModelDeclaration: Sendable {
    /// What every instance has.
    package let instance: InstanceDeclaration
    /// What it learns to predict.
    package let target: ModelTarget
    /// What it sees; `Manifest.features(of:in:)` gives the columns.
    package let features: FeatureSelection
    /// Seeds every random choice of a fit.
    package let seed: UInt64
    /// Threads a fit may use, 1...64.
    package let threads: Int
    /// How it is judged.
    package let validation: ValidationPlan
}
