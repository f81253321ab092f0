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
        let starts = set.starts.map { Double($0) }
        let weighed = zip(starts, set.weights).flatMap { [$0, $1] }
        let more = Matrix(
            rows: set.count, columns: set.weights.isEmpty ? 1 : 2, values: set.weights.isEmpty ? starts : weighed)
        let frames: [Frame] = [
            .matrix(Matrix(rows: rows, columns: width, values: Array(set.values.prefix(rows * width)))),
            .predictions(Self.examples(set), values: more),
        ]
        let fit = RunningFit(context)
        let answer = try await session.ask(
            "fit", body, frames: frames, within: session.setup.deadlines.fit, event: fit.take, began: fit.began)
        // The answer can be under way when the host wants no more.
        if let fault = fit.fault { throw fault }
        for (figure, value) in answer.body["figures"]?.object ?? [:] {
            if let value = value.number { context.report(figure, value) }
        }
        return try answer.artifact(session.setup.owner)
    }

    /// Event time, label and instrument of each example.
    private static func examples(_ set: TrainingSet) -> [Prediction] {
        set.labels.indices.map { row in
            Prediction(time: set.times[row], value: set.labels[row], price: .nan, instrument: set.instruments[row])
        }
    }

    package func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let predictor = try ProcessPredictor(session, artifact: artifact, features: features)
        return predictor.learns ? OnlineProcessPredictor(predictor) : predictor
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
