import PluginKit
import StdioProtocol
import Synchronization

/// A fitted model in the process; loaded again after a new start.
final class ProcessPredictor: Predictor {
    private static let lastID = Atomic<Int64>(0)
    let session: ProcessSession
    private let artifact: [UInt8]
    private let features: [String]
    let id: Int64
    /// The start of the process it was loaded into; one caller at a time loads it, others wait for that.
    private let loaded: Exclusive<Int>
    let outputs: [OutputColumn]
    /// Whether it makes learners.
    let learns: Bool

    init(_ session: ProcessSession, artifact: [UInt8], features: [String]) throws(PluginError) {
        self.session = session
        self.artifact = artifact
        self.features = features
        id = Self.lastID.add(1, ordering: .relaxed).newValue
        let live = try session.live()
        let answer = try Self.load(live.child, session, id, artifact, features)
        outputs = try DescriptorReading(owner: session.setup.owner).columns(answer.body["outputs"])
        learns = answer.body["learns"]?.boolean ?? false
        guard !outputs.isEmpty else {
            throw PluginError(.malformed, "\(session.setup.owner): 'load' was answered without 'outputs'.")
        }
        loaded = Exclusive(live.generation)
    }

    deinit { session.running?.child.tell("drop", ["predictor": .integer(id)]) }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let block = try block(input, shape, output.count)
        guard shape.batch > 0 else { return }
        try fill(&output, shape.batch, try ask(block))
    }

    /// The message that asks for the predictions of a block; `learner` is the number of what was taught, where that predicts.
    func block(
        _ input: Span<Double>, _ shape: TensorShape, _ outputCount: Int, learner: Int64? = nil
    ) throws(PluginError) -> (body: [String: JSONValue], frame: Frame) {
        let width = shape.time * shape.features
        guard shape.features == features.count, width > 0, input.count == shape.count,
            outputCount == shape.batch * outputs.count
        else { throw PluginError(.badRequest, "\(session.setup.owner): the block has another shape than the fit.") }
        var body: [String: JSONValue] = ["predictor": .integer(id), "time": .integer(Int64(shape.time))]
        body["learner"] = learner.map { .integer($0) }
        return (body, .matrix(Matrix(rows: shape.batch, columns: width, values: input.array)))
    }

    /// Writes what `predict` was answered.
    func fill(_ output: inout MutableSpan<Double>, _ rows: Int, _ answer: Message) throws(PluginError) {
        guard let matrix = try? answer.matrix(), matrix.rows == rows, matrix.columns == outputs.count else {
            throw PluginError(.malformed, "\(session.setup.owner): 'predict' was answered with another shape.")
        }
        for index in matrix.values.indices { output[index] = matrix.values[index] }
    }

    /// Asks again where the process ended under the call and is back within twice the time a call may take.
    private func ask(_ block: (body: [String: JSONValue], frame: Frame)) throws(PluginError) -> Message {
        let deadline = ChildProcess.clock.now + session.setup.deadlines.call * 2
        while true {
            do {
                return try current().child.call(
                    "predict", block.body, frames: [block.frame], within: session.setup.deadlines.call)
            } catch {
                guard session.waitsForStart(until: deadline) else { throw error }
            }
        }
    }

    /// The running process, with the fit in it.
    func current() throws(PluginError) -> ProcessSession.Live {
        let live = try session.live()
        return try loaded.use { generation throws(PluginError) in
            if generation != live.generation {
                _ = try Self.load(live.child, session, id, artifact, features)
                generation = live.generation
            }
            return live
        }
    }

    private static func load(
        _ child: ChildProcess, _ session: ProcessSession, _ id: Int64, _ artifact: [UInt8], _ features: [String]
    ) throws(PluginError) -> Message {
        try child.call(
            "load", ["predictor": .integer(id), "features": .texts(features)], frames: [.bytes(artifact)],
            within: session.setup.deadlines.exchange)
    }
}

extension Span where Element == Double {
    /// A copy of its numbers.
    var array: [Double] {
        var values: [Double] = []
        values.reserveCapacity(count)
        for index in indices { values.append(self[index]) }
        return values
    }
}
