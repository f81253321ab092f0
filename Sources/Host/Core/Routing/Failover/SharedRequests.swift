import PluginKit
import Synchronization

/// Requests of one provider that are on their way: the same request, asked twice, goes out once.
///
/// Whoever waits no longer leaves; the request is cancelled when the last one left. Answers are kept for streams that ask the same
/// a little later.
final class SharedRequests: Sendable {
    /// Requests that may be on their way at once, those that were left and do not end included.
    static let limit = 64

    private struct Key: Hashable {
        let kind: EventKind
        let instruments: [InstrumentID]
        let timeframe: Timeframe
        let range: ClosedRange<Int64>

        init(_ request: FetchRequest) {
            kind = request.kind
            instruments = request.instruments.map(\.id)
            timeframe = request.timeframe
            range = request.range
        }
    }

    private struct Flight {
        let number: UInt64
        let task: PluginTask<Result<Reply, PluginError>>
        var waiting = 1
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var started: UInt64 = 0
        /// Requests that have not ended, also those nobody waits for.
        var open = 0
        var answers = KeptAnswers()
    }

    private let state = Mutex(State())

    /// Returns the reply, `nil` after the deadline; throws the fault, `.cancelled` when the caller was.
    func reply(
        to request: FetchRequest, who: String, deadline: Duration?, sharing: AnswerSharing? = nil,
        clock: any Clock<Duration>,
        _ ask: @escaping @Sendable () async -> Result<Reply, PluginError>
    ) async throws(PluginError) -> Reply? {
        let key = Key(request)
        guard let flight = join(key, ask) else {
            throw PluginError(
                .transient, "\(who): \(Self.limit) requests have not ended; no more are sent until one does.")
        }
        let isDone = await flight.task.wait(atMost: deadline, clock: clock)
        leave(key, flight.number)
        guard isDone else {
            guard !Task.isCancelled else { throw PluginError(.cancelled, "\(who): the request was ended by a stop.") }
            return nil
        }
        let answer = await flight.task.value
        if let sharing { state.withLock { $0.answers.keep(answer, to: request, flight.number, for: sharing) } }
        return try answer.get()
    }

    /// Returns what another stream was told of the same, or of more, not long ago; `nil` where it has to be asked.
    func known(for request: FetchRequest, _ sharing: AnswerSharing) -> Result<Reply, PluginError>? {
        state.withLock { $0.answers.take(for: request, sharing) }
    }

    private func join(_ key: Key, _ ask: @escaping @Sendable () async -> Result<Reply, PluginError>) -> Flight? {
        state.withLock { state in
            if var flight = state.flights[key] {
                flight.waiting += 1
                state.flights[key] = flight
                return flight
            }
            guard state.open < Self.limit else { return nil }
            state.started += 1
            state.open += 1
            let task = PluginTask {
                let reply = await ask()
                self.state.withLock { $0.open -= 1 }
                return reply
            }
            let flight = Flight(number: state.started, task: task)
            state.flights[key] = flight
            return flight
        }
    }

    private func leave(_ key: Key, _ number: UInt64) {
        let last: Flight? = state.withLock { state in
            guard var flight = state.flights[key], flight.number == number else { return nil }
            flight.waiting -= 1
            state.flights[key] = flight.waiting > 0 ? flight : nil
            return flight.waiting > 0 ? nil : flight
        }
        last?.task.cancel()
    }
}
