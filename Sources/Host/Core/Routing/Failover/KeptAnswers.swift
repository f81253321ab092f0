import PluginKit

/// That a stream takes what another one was told, rather than ask again.
package struct AnswerSharing: Sendable, Hashable {
    /// The stream that asks; it never takes an answer that it had.
    package let stream: String
    /// How old such an answer may be.
    package let within: Duration

    /// Creates it.
    package init(stream: String, within: Duration) { (self.stream, self.within) = (stream, within) }
}

/// Answers of a provider of the last moments: what one stream was told, others that ask the same, or less, need not ask for.
///
/// Nothing is kept while one stream alone asks, and no answer that is large. That there is nothing new is an answer; faults are not.
struct KeptAnswers: Sendable {
    private struct Answer {
        let request: FetchRequest
        let result: Result<Reply, PluginError>
        let number: UInt64
        let at: ContinuousClock.Instant
        let within: Duration
        var streams: Set<String>
    }

    /// Events of an answer that is kept, at most.
    private static let size = 16_384
    private static let limit = 64

    private var answers: [Answer] = []
    private var streams: Set<String> = []

    /// Keeps an answer that a stream has; `number` is that of the request that brought it.
    mutating func keep(
        _ result: Result<Reply, PluginError>, to request: FetchRequest, _ number: UInt64, for sharing: AnswerSharing
    ) {
        streams.insert(sharing.stream)
        if let place = answers.firstIndex(where: { $0.number == number }) {
            answers[place].streams.insert(sharing.stream)
            return
        }
        let now = ContinuousClock.now
        answers.removeAll { $0.at + $0.within < now }
        guard streams.count > 1, isAnswer(result) else { return }
        if answers.count == Self.limit { answers.removeFirst() }
        answers.append(
            Answer(
                request: request, result: result, number: number, at: now, within: sharing.within,
                streams: [sharing.stream]))
    }

    /// Gives a stream an answer that it has not had, to the same question or to one that has it in it.
    mutating func take(for request: FetchRequest, _ sharing: AnswerSharing) -> Result<Reply, PluginError>? {
        streams.insert(sharing.stream)
        let oldest = ContinuousClock.now - sharing.within
        let place = answers.lastIndex {
            $0.at >= oldest && !$0.streams.contains(sharing.stream) && $0.request.has(request)
        }
        guard let place else { return nil }
        answers[place].streams.insert(sharing.stream)
        return answers[place].result.map { $0.part(of: request) }
    }

    private func isAnswer(_ result: Result<Reply, PluginError>) -> Bool {
        switch result {
        case .success(let reply): reply.batch.count <= Self.size
        case .failure(let fault): fault.code == .noData
        }
    }
}

extension FetchRequest {
    /// Whether an answer to it has the answer to another one in it.
    fileprivate func has(_ other: FetchRequest) -> Bool {
        kind == other.kind && timeframe == other.timeframe && range.lowerBound <= other.range.lowerBound
            && range.upperBound >= other.range.upperBound
            && Set(instruments.map(\.id)).isSuperset(of: other.instruments.map(\.id))
    }
}

extension Reply {
    /// What of it answers a request.
    fileprivate func part(of request: FetchRequest) -> Reply {
        let asked = Set(request.instruments.map(\.id))
        let events = batch.filter { _, time, instrument in request.range.contains(time) && asked.contains(instrument) }
        return Reply(events, defects: defects)
    }
}
