package import PredictionTargets

/// Which feature columns a model sees.
package enum FeatureSelection: Sendable, Hashable {
    /// Every output of the pipeline's indicators; not what stands beside its events.
    case all
    /// These columns, in this order: `rsi14`, `macd.signal`, `known.eps` of the input `known`.
    case named([String])
}

/// One declared model.
package struct ModelDeclaration: Sendable {
    /// What every instance has.
    package let instance: InstanceDeclaration
    /// What it learns to predict.
    package let target: Target
    /// Models whose predictions it sees, before its features.
    package let members: [String]
    /// What it sees; `Manifest.features(of:in:)` gives the columns.
    package let features: FeatureSelection
    /// Bars it sees together, oldest first: a row's own and those before it.
    package let window: Int
    /// Whether each instrument has a fit of its own; else one is for all.
    package let isPerInstrument: Bool
    /// Share of outcomes that the interval around each prediction is to hold; `nil` for none.
    package let interval: Double?
    /// Whether predictions say which rows lie outside of what the fit has learned from.
    package let abstains: Bool
    /// How much each row counts in a fit; `nil` where all count alike.
    package let weighting: RowWeighting?
    /// Seeds every random choice of a fit.
    package let seed: UInt64
    /// Threads a fit may use, 1...64.
    package let threads: Int
    /// How it is judged.
    package let validation: ValidationScheme
    /// How its options are searched; `nil` where they stay as written.
    package let search: SearchScheme?
    /// When another version may take the champion's place; `nil` where each fit serves.
    package let promotion: PromotionScheme?
    /// When it is fitted again while it serves; `nil` where a start looks.
    package let retrain: RetrainScheme?
}
