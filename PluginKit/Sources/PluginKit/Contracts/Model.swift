/// Learns from a training set and makes predictors.
///
/// The instance holds options only; what was learned lives in the artifact. `fit` gives the same bytes for the same set,
/// options and seed. No artifact format may be able to execute code.
public protocol Model: Plugin {
    /// Learns; returns the artifact's bytes.
    ///
    /// Runs off the hot path and may take long: call `context.checkpoint` often and stop when it throws.
    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8]

    /// Makes a predictor from an artifact of this plugin; throws `.corrupted` for bytes that are not one.
    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor
}

/// A fitted model: immutable, shared by all workers, swapped as a whole.
public protocol Predictor: Sendable {
    /// The columns it gives a row, in order; the first is the prediction itself.
    var outputs: [OutputColumn] { get }

    /// Predicts a block.
    ///
    /// - Parameters:
    ///   - input: `shape.batch * shape.time * shape.features` finite numbers, row-major; tabular models have time 1. NaN
    ///     where a member has no prediction, for a model that combines others.
    ///   - output: `shape.batch * outputs.count` numbers to write, row-major.
    /// - Throws: `.badRequest` where the shape is not the fitted one. Allocates nothing.
    func predict(_ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>) throws(PluginError)
}

/// A predictor whose learning goes on while it serves; that of a model whose descriptor says `learning()`.
///
/// It stays as it was fitted. What is learned live lives in learners, one an instrument, that all begin with it: so what one
/// has learned depends on nothing but the fit and the rows of its instrument in their order, live as over history.
public protocol OnlinePredictor: Predictor {
    /// Returns a learner that has learned nothing yet: it predicts as the fit does.
    func learner() -> any Learner
}

/// What the rows of one instrument have taught a model since it was fitted.
///
/// The host predicts a row, and hands the same row over again with its label when that is known, `horizon` bars later; labels
/// come in event order, each once, before the row of the bar that made them known is predicted. The same calls give the same
/// bits, also where a state was saved and restored between them. Once warm a call allocates nothing.
public protocol Learner: Sendable {
    /// Predicts one row, as `Predictor.predict` does a batch of one; throws `.badRequest` for another number of features.
    func predict(_ row: Span<Double>, into output: inout MutableSpan<Double>) throws(PluginError)

    /// Learns what became of a row that was predicted.
    ///
    /// Throws `.quality` for a row or label that is no finite number, and is as before then.
    mutating func learn(_ row: Span<Double>, label: Double) throws(PluginError)

    /// Writes everything it has learned.
    func save(to writer: inout StateWriter)

    /// Replaces what it has learned by what `save` wrote of a learner of the same fit; throws `.corrupted` and keeps it else.
    mutating func restore(from reader: inout StateReader) throws(PluginError)
}

/// The shape of a block of features, row-major: `[batch, time, feature]`.
@frozen public struct TensorShape: Sendable, Hashable {
    /// Rows: instruments or instants.
    public let batch: Int
    /// Steps of the window, oldest first; 1 for tabular models.
    public let time: Int
    /// Features a step.
    public let features: Int

    /// Creates a shape.
    @inlinable public init(batch: Int, time: Int = 1, features: Int) {
        self.batch = batch
        self.time = time
        self.features = features
    }

    /// How many numbers the block holds.
    @inlinable public var count: Int { batch * time * features }
}

/// Examples of features with what came after them, in ascending event time.
///
/// A view: examples share the rows of one matrix, so the windows of a sequence model cost no copy of each row.
public struct TrainingSet: Sendable {
    /// Names of the features, in column order; what a member predicts comes first and is called `model/ID`.
    public let features: [String]
    /// Steps of each example's window; 1 for tabular models.
    public let time: Int
    /// Rows of `features.count` finite numbers, row-major; NaN where a member has no prediction, for a model that combines
    /// others.
    public let values: [Double]
    /// For each example the first row of its window; the others follow it.
    public let starts: [Int]
    /// What each example should have predicted, in the target's unit.
    public let labels: [Double]
    /// Event time of each example.
    public let times: [Int64]
    /// Instrument of each example.
    public let instruments: [InstrumentID]
    /// How much each example counts, above 0 and 1 in the mean; empty where all count alike. Only a model whose descriptor says
    /// `weighing()` is given any.
    public let weights: [Double]

    /// Creates a set; the arrays agree in length. Without `starts` the windows stand one after the other.
    public init(
        features: [String], time: Int = 1, values: [Double], starts: [Int]? = nil, labels: [Double], times: [Int64],
        instruments: [InstrumentID], weights: [Double] = []
    ) {
        let starts = starts ?? labels.indices.map { $0 * time }
        precondition(starts.count == labels.count, "one window an example")
        precondition(
            starts.allSatisfy { $0 >= 0 && ($0 + time) * features.count <= values.count }, "windows lie in the rows")
        precondition(times.count == labels.count && instruments.count == labels.count, "one time and instrument a row")
        precondition(weights.isEmpty || weights.count == labels.count, "one weight a row, or none")
        self.features = features
        self.time = time
        self.values = values
        self.starts = starts
        self.labels = labels
        self.times = times
        self.instruments = instruments
        self.weights = weights
    }

    /// How many examples there are.
    public var count: Int { labels.count }

    /// The window of an example: `time * features.count` numbers, oldest row first.
    public func window(_ example: Int) -> ArraySlice<Double> {
        let start = starts[example] * features.count
        return values[start..<start + time * features.count]
    }
}

/// What the host lends to a fit.
public struct FitContext: Sendable {
    /// Seeds every random choice.
    public let seed: UInt64
    /// Threads the fit may use.
    public let threads: Int
    /// Reports progress (a fraction) and throws `.cancelled` when the fit is to end.
    public let checkpoint: @Sendable (_ progress: Double) throws(PluginError) -> Void
    /// Tells a number that the fit found beside the artifact, for the model's card and metrics: `out_of_bag_error`, `rounds`,
    /// `weight.ID` of a member. The last one of a name counts.
    public let report: @Sendable (_ figure: String, _ value: Double) -> Void

    /// Creates a context.
    public init(
        seed: UInt64, threads: Int = 1, checkpoint: @escaping @Sendable (Double) throws(PluginError) -> Void = { _ in },
        report: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) {
        self.seed = seed
        self.threads = threads
        self.checkpoint = checkpoint
        self.report = report
    }
}
