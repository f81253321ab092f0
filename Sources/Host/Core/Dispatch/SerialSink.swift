package import PluginKit
import Synchronization

/// A sink that several pipelines share: their calls take turns, so the plugin sees one at a time, as its contract says.
///
/// Order is kept for each pipeline. A pipeline whose call waits for its turn can be cancelled; `stop` never waits.
package final class SerialSink: Sink {
    private struct State {
        var isTaken = false
        var nextID: UInt64 = 0
        var waiting: [(id: UInt64, turn: CheckedContinuation<Bool, Never>)] = []
        var cancelledEarly: Set<UInt64> = []
    }

    /// Stands in for any sink; the real descriptor is the type's.
    package static let descriptor = PluginDescriptor(
        kind: .sink, name: "serial", summary: "Lets callers of a sink take turns.", schema: ConfigurationSchema([]))

    private let sink: any Sink
    private let state = Mutex(State())

    /// Puts turns before a sink.
    package init(_ sink: any Sink) { self.sink = sink }

    /// Throws: the host makes it around a sink.
    package init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/serial: the host makes it itself; no manifest can name it.")
    }

    /// Writes when it is this call's turn.
    package func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        try await begin()
        defer { end() }
        return try await sink.write(batch)
    }

    /// Flushes when it is this call's turn.
    package func flush() async throws(PluginError) {
        try await begin()
        defer { end() }
        try await sink.flush()
    }

    /// Asks the sink.
    package var isEmpty: Bool { get async { await sink.isEmpty } }

    /// Asks the sink.
    package func probe() async throws(PluginError) { try await sink.probe() }

    /// Ends the sink, whoever is writing.
    package func stop() async { await sink.stop() }

    private func begin() async throws(PluginError) {
        let id = state.withLock { state -> UInt64? in
            guard state.isTaken else {
                state.isTaken = true
                return nil
            }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { return }
        let isMine = await withTaskCancellationHandler {
            await withCheckedContinuation { wait(id, $0) }
        } onCancel: {
            cancel(id)
        }
        state.withLock { _ = $0.cancelledEarly.remove(id) }
        guard isMine else { throw PluginError(.cancelled, "sink: the wait for its turn was ended.") }
    }

    private func wait(_ id: UInt64, _ turn: CheckedContinuation<Bool, Never>) {
        let answer: Bool? = state.withLock { state in
            if state.cancelledEarly.remove(id) != nil { return false }
            guard state.isTaken else {
                state.isTaken = true
                return true
            }
            state.waiting.append((id, turn))
            return nil
        }
        if let answer { turn.resume(returning: answer) }
    }

    private func cancel(_ id: UInt64) {
        let turn = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let place = state.waiting.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)
                return nil
            }
            return state.waiting.remove(at: place).turn
        }
        turn?.resume(returning: false)
    }

    private func end() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst().turn
        }
        next?.resume(returning: true)
    }
}
