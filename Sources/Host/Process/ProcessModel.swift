package import PluginKit
import StdioProtocol
import Synchronization

/// A model whose code runs in a process of its own.
package struct ProcessModel: Model {
    private let session: ProcessSession

    /// Stands in for every process model; the real descriptor is the type's.
    package static let descriptor = PluginDescriptor(
        kind: .model, name: "process", summary: "A model in a process of its own.", schema: ConfigurationSchema([]))

    init(_ session: ProcessSession) { self.session = session }

    /// Throws: a process model is made by `ProcessPlugin`.
    package init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a process plugin needs its command.")
    }

    package func probe() async throws(PluginError) {
        _ = try await session.ask("probe", within: session.setup.deadlines.exchange)
    }

    package func stop() async { await session.end() }

    package func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        let body: [String: JSONValue] = [
            "features": .texts(set.features), "time": .integer(Int64(set.time)),
            "seed": .integer(Int64(truncatingIfNeeded: context.seed & 0x7FFF_FFFF_FFFF_FFFF)),
            "threads": .integer(Int64(context.threads)),
        ]
        let width = set.features.count
        let rows = width == 0 ? 0 : set.values.count / width
        let starts = Matrix(rows: set.count, columns: 1, values: set.starts.map { Double($0) })
        let frames: [Frame] = [
            .matrix(Matrix(rows: rows, columns: width, values: Array(set.values.prefix(rows * width)))),
            .predictions(Self.examples(set), values: starts),
        ]
        let fit = RunningFit(context)
        let answer = try await session.ask(
            "fit", body, frames: frames, within: session.setup.deadlines.fit, event: fit.take, began: fit.began)
        // The answer can be under way when the host wants no more.
        if let fault = fit.fault { throw fault }
        return try answer.artifact(session.setup.owner)
    }

    /// Event time, label and instrument of each example.
    private static func examples(_ set: TrainingSet) -> [Prediction] {
        set.labels.indices.map { row in
            Prediction(time: set.times[row], value: set.labels[row], price: .nan, instrument: set.instruments[row])
        }
    }

    package func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try ProcessPredictor(session, artifact: artifact, features: features)
    }
}

/// A fit under way: hands progress on, and cancels the fit where that throws; the process goes on.
private final class RunningFit: Sendable {
    private struct State {
        var call: (child: ChildProcess, id: UInt64)?
        var fault: PluginError?
    }

    private let context: FitContext
    private let state = Mutex(State())

    init(_ context: FitContext) { self.context = context }

    /// Why the host wants no more; `nil` where it does.
    var fault: PluginError? { state.withLock { $0.fault } }

    /// Learns the number of the call; progress can come before.
    @Sendable func began(_ child: ChildProcess, _ id: UInt64) {
        let fault = state.withLock { state in
            state.call = (child, id)
            return state.fault
        }
        if let fault { Self.cancel(child, id, fault) }
    }

    /// Takes progress on the process's thread.
    @Sendable func take(_ message: Message) -> String? {
        guard state.withLock({ $0.fault == nil }) else { return nil }
        do throws(PluginError) {
            try context.checkpoint(message.body["fraction"]?.number ?? 0)
        } catch {
            let call = state.withLock { state in
                state.fault = error
                return state.call
            }
            if let call { Self.cancel(call.child, call.id, error) }
        }
        return nil
    }

    private static func cancel(_ child: ChildProcess, _ id: UInt64, _ fault: PluginError) {
        guard let pending = child.forget(id) else { return }
        child.tell("cancel", id: id)
        pending.complete(.failure(fault))
    }
}

extension Message {
    fileprivate func artifact(_ owner: String) throws(PluginError) -> [UInt8] {
        guard let bytes = try? bytes() else {
            throw PluginError(.malformed, "\(owner): 'fit' was answered without an artifact.")
        }
        return bytes
    }
}

/// A fitted model in the process; loaded again after a new start.
private final class ProcessPredictor: Predictor {
    private static let lastID = Atomic<Int64>(0)
    private let session: ProcessSession
    private let artifact: [UInt8]
    private let features: [String]
    private let id: Int64
    /// The start of the process it was loaded into; one caller at a time loads it, others wait for that.
    private let loaded: Exclusive<Int>
    let outputs: [OutputColumn]

    init(_ session: ProcessSession, artifact: [UInt8], features: [String]) throws(PluginError) {
        self.session = session
        self.artifact = artifact
        self.features = features
        id = Self.lastID.add(1, ordering: .relaxed).newValue
        let live = try session.live()
        let answer = try Self.load(live.child, session, id, artifact, features)
        outputs = try DescriptorReading(owner: session.setup.owner).columns(answer.body["outputs"])
        guard !outputs.isEmpty else {
            throw PluginError(.malformed, "\(session.setup.owner): 'load' was answered without 'outputs'.")
        }
        loaded = Exclusive(live.generation)
    }

    deinit { session.running?.child.tell("drop", ["predictor": .integer(id)]) }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = shape.time * shape.features
        guard shape.features == features.count, width > 0, input.count == shape.count,
            output.count == shape.batch * outputs.count
        else { throw PluginError(.badRequest, "\(session.setup.owner): the block has another shape than the fit.") }
        guard shape.batch > 0 else { return }
        var values: [Double] = []
        values.reserveCapacity(input.count)
        for index in input.indices { values.append(input[index]) }
        let frame = Frame.matrix(Matrix(rows: shape.batch, columns: width, values: values))
        let answer = try ask(["predictor": .integer(id), "time": .integer(Int64(shape.time))], frame)
        guard let matrix = try? answer.matrix(), matrix.rows == shape.batch, matrix.columns == outputs.count else {
            throw PluginError(.malformed, "\(session.setup.owner): 'predict' was answered with another shape.")
        }
        for index in matrix.values.indices { output[index] = matrix.values[index] }
    }

    /// Asks again where the process ended under the call and is back within twice the time a call may take.
    private func ask(_ body: [String: JSONValue], _ frame: Frame) throws(PluginError) -> Message {
        let deadline = ChildProcess.clock.now + session.setup.deadlines.call * 2
        while true {
            do {
                return try current().call("predict", body, frames: [frame], within: session.setup.deadlines.call)
            } catch {
                guard session.waitsForStart(until: deadline) else { throw error }
            }
        }
    }

    private func current() throws(PluginError) -> ChildProcess {
        let live = try session.live()
        return try loaded.use { generation throws(PluginError) in
            if generation != live.generation {
                _ = try Self.load(live.child, session, id, artifact, features)
                generation = live.generation
            }
            return live.child
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
