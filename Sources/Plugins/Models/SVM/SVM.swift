public import PluginKit
import TabularModels

/// Support vector machines: regression and two classes, linear and RBF kernel; trained by libsvm, served without it.
///
/// - Task: `regression` (epsilon-SVR on standardised labels), or `classification` of the labels 0 and 1 (C-SVC), whose
///   prediction is the probability of 1, learned from the decisions over thirds of the rows by machines that saw the others.
/// - Input: `[batch, 1, feature]`, finite numbers, standardised by the rows learned from. Output: `[batch, value]`.
/// - Parameters: see `descriptor`.
/// - Cost: `fit` O(rows^2 * features) and worse with a large `c`, which is why only the newest `max_rows` are learned from;
///   `predict` O(features) for the linear kernel, O(vectors * features) for RBF; allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Paper: C.-C. Chang, C.-J. Lin, *LIBSVM: A Library for Support Vector Machines*, ACM TIST 2, 2011.
public struct SVM: Model {
    /// What the plugin is: `model/svm`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "svm", summary: "Support vector machines: regression and classes, linear and RBF (libsvm).",
        schema: ConfigurationSchema([
            .choice(
                "task", SVMOptions.Task.allCases.map(\.rawValue), default: "regression",
                "What is predicted: a number, or the probability of class 1."),
            .choice(
                "kernel", SVMOptions.Kernel.allCases.map(\.rawValue), default: "rbf", "What two rows are compared by."),
            .number("c", 1e-6...1e6, default: 1, "Weight of rows that are off, against a flat function."),
            .number("epsilon", 0...10, default: 0.1, "Deviations of the label that count as no fault; of regression."),
            .number("gamma", 0...1e6, default: 0, "Narrowness of the RBF kernel; 0 is 1 by the number of features."),
            .integer("max_rows", 50...1_000_000, default: 5_000, unit: "rows", "Newest rows that are learned from."),
            .path("library", "Path of libsvm.so; absent: beside the executable, then the system's."),
        ]),
        outputs: [
            OutputColumn(
                "value", unit: "", "The prediction, in the target's unit; with classification the probability of 1.")
        ])

    private let trainer: SVMTrainer
    private let library: String?
    private static let format = SealedArtifact("SVM", owner: "model/svm")

    /// Takes the options; does no I/O and does not look for the library.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        var options = SVMOptions()
        options.task = SVMOptions.Task(rawValue: try configuration.text("task")) ?? .regression
        options.kernel = SVMOptions.Kernel(rawValue: try configuration.text("kernel")) ?? .rbf
        options.c = try configuration.number("c")
        options.epsilon = try configuration.number("epsilon")
        options.gamma = try configuration.number("gamma")
        options.maxRows = try configuration.integer("max_rows")
        trainer = SVMTrainer(options: options)
        library = configuration.has("library") ? context.resolve(try configuration.text("library")) : nil
    }

    /// Throws `.environment` where the library is missing.
    public func probe() async throws(PluginError) { _ = try LibSVM(path: library) }

    /// Trains; calls `context.checkpoint` before each machine, which libsvm then trains without a stop.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        var body = StateWriter()
        switch try trainer.fit(set, context: context, library: try LibSVM(path: library)) {
        case .linear(let formula):
            body.write(0)
            formula.write(to: &body)
        case .radial(let formula):
            body.write(1)
            formula.write(to: &body)
        }
        return Self.format.seal(body, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let formula = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            try reader.readInt(in: 0...1) == 0
                ? SVMFormula.linear(try LinearFormula(from: &reader, width: features.count))
                : .radial(try RadialFormula(from: &reader, width: features.count))
        }
        switch formula {
        case .linear(let formula) where formula.isFinite:
            return LinearPredictor(formula, outputs: Self.descriptor.outputs, owner: "model/svm")
        case .radial(let formula) where formula.isFinite:
            return RadialPredictor(formula: formula, outputs: Self.descriptor.outputs)
        default: throw Self.format.corrupted("holds numbers that are not finite")
        }
    }
}
