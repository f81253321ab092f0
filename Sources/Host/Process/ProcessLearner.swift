import PluginKit
import StdioProtocol

/// A fitted model in the process that goes on learning.
struct OnlineProcessPredictor: OnlinePredictor {
    private let fit: ProcessPredictor
    var outputs: [OutputColumn] { fit.outputs }

    init(_ fit: ProcessPredictor) { self.fit = fit }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try fit.predict(input, shape: shape, into: &output)
    }

    func learner() -> any Learner { ProcessLearner(fit) }
}

/// What one instrument has taught a model whose code runs in a process of its own; each copy of the value has its own there.
///
/// After a fault the new process gets the last saved state and the labels since, so it goes on with the same bits. While the
/// process is away labels are kept for it, up to `LearnerLimits.journal`, and nothing is predicted.
struct ProcessLearner: Learner {
    private var slot: LearnerSlot

    /// A learner that has learned nothing; the process hears of it with the first call.
    init(_ fit: ProcessPredictor) { slot = LearnerSlot(fit) }

    func predict(_ row: Span<Double>, into output: inout MutableSpan<Double>) throws(PluginError) {
        let answer = try slot.predict(row, outputCount: output.count)
        try slot.fit.fill(&output, 1, answer)
    }

    mutating func learn(_ row: Span<Double>, label: Double) throws(PluginError) {
        if !isKnownUniquelyReferenced(&slot) { slot = LearnerSlot(slot.fit, slot.taught) }
        try slot.learn(row.array, label)
    }

    func save(to writer: inout StateWriter) { slot.taught.save(to: &writer) }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        let fresh = LearnerSlot(slot.fit, try TaughtLabels(from: &reader))
        try fresh.install()
        slot = fresh
    }
}
