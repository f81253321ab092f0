package import PluginKit
package import PredictionTargets

/// Everything a fit needs, checked: the model, its columns, its target and how it is judged.
package struct TrainingPlan: Sendable {
    /// The model instance's id.
    package let id: String
    /// The model.
    package let model: any Model
    /// What the model's plugin is.
    package let descriptor: PluginDescriptor
    /// Models whose predictions it learns from, before its features.
    package let members: [String]
    /// Names of its features, in order.
    package let features: [String]
    /// Bars it sees together, oldest first: a row's own and those before it.
    package let window: Int
    /// What is learned.
    package let target: Target
    /// Whether each instrument has a fit of its own.
    package let isPerInstrument: Bool
    /// Whether its card says where the rows lie that each fit learned from.
    package let abstains: Bool
    /// How much each row counts; `nil` where all count alike.
    package let weighting: RowWeighting?
    /// How it is judged.
    package let validation: ValidationScheme
    /// Seeds every random choice.
    package let seed: UInt64
    /// Threads a fit may use.
    package let threads: Int
    /// How its options are searched; `nil` where they stay as declared.
    package let search: SearchPlan?
    /// When another version may take the champion's place; `nil` where each fit serves.
    package let promotion: PromotionScheme?
    /// When it is fitted again while it serves; `nil` where a start looks.
    package let retrain: RetrainScheme?
    /// Digest of plugin, options, features, target, validation and search.
    package let configurationDigest: String
    /// Members, and members of these, that do not serve: one that combines goes on without them, and is fitted again when they are back.
    package var silent: [String] = []

    /// Creates a plan.
    package init(
        id: String, model: any Model, descriptor: PluginDescriptor, members: [String] = [], features: [String],
        window: Int = 1, target: Target, isPerInstrument: Bool = false, abstains: Bool = false,
        weighting: RowWeighting? = nil, validation: ValidationScheme,
        seed: UInt64, threads: Int, search: SearchPlan? = nil, promotion: PromotionScheme? = nil,
        retrain: RetrainScheme? = nil,
        configurationDigest: String
    ) {
        self.id = id
        self.model = model
        self.descriptor = descriptor
        self.members = members
        self.features = features
        self.window = window
        self.target = target
        self.isPerInstrument = isPerInstrument
        self.abstains = abstains
        self.weighting = weighting
        self.validation = validation
        self.seed = seed
        self.threads = threads
        self.search = search
        self.promotion = promotion
        self.retrain = retrain
        self.configurationDigest = configurationDigest
    }

    /// Names of everything it sees, in order.
    package var columns: [String] { members.map(Self.column(ofModel:)) + features }

    /// The column of what a model predicts; no feature has this name, though a model and an indicator may share an id.
    package static func column(ofModel id: String) -> String { "model/\(id)" }
}
