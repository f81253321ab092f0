import PluginKit
import StdioProtocol
import Synchronization

/// What a stream pushed and nobody took yet; never more than the credits.
final class StreamPushes: Sendable {
    private struct Credit {
        var give: (@Sendable (Int64) -> Void)?
        var owed: [Int64] = []
    }

    private let queue: AsyncStream<(Int64, Delivery)>
    private let input: AsyncStream<(Int64, Delivery)>.Continuation
    private let waiting = Mutex(0)
    private let lastSequence = Mutex<Int64>(0)
    private let credit = Mutex<Credit>(Credit())
    private let owner: String
    private let credits: Int
    private let known: Set<InstrumentID>
    private let kind: EventKind

    init(_ owner: String, _ credits: Int, _ subscription: Subscription) {
        self.owner = owner
        self.credits = credits
        known = Set(subscription.instruments.map(\.id))
        kind = subscription.kind
        (queue, input) = AsyncStream.makeStream()
    }

    /// Takes a batch on the process's thread; returns what breaks the protocol.
    @Sendable func take(_ message: Message) -> String? {
        guard message.type == "batch", let sequence = message.body["sequence"]?.integer,
            let position = message.body["position"]?.text
        else { return "a batch has no 'sequence' or 'position'" }
        let isNext = lastSequence.withLock { last in
            defer { last = sequence }
            return sequence == last + 1
        }
        guard isNext else { return "a batch has the sequence \(sequence), which does not follow the last" }
        let count = waiting.withLock { waiting in
            waiting += 1
            return waiting
        }
        guard count <= credits else { return "it sent more batches than its \(credits) credits" }
        guard let batch = batch(message), batch.instruments.allSatisfy(known.contains) else {
            return "a batch has no frame of \(kind.rawValue) events of the instruments asked for"
        }
        let delivery = Delivery(
            batch: batch, position: StreamPosition(position), defects: ProcessProvider.defects(message))
        input.yield((sequence, delivery))
        return nil
    }

    /// Learns how a credit is given for a batch that was taken. Batches may have come and gone before: the program can
    /// answer before the host knows the number of its own request.
    func began(_ give: @escaping @Sendable (_ sequence: Int64) -> Void) {
        let owed = credit.withLock { credit in
            credit.give = give
            defer { credit.owed = [] }
            return credit.owed
        }
        for sequence in owed { give(sequence) }
    }

    func finish() { input.finish() }

    /// Hands the batches on, one by one; each one taken is a credit for another.
    func deliver(to receiver: any EventReceiver) async throws(PluginError) {
        for await (sequence, delivery) in queue {
            // What was sent before the cancellation arrived is not wanted any more.
            guard !Task.isCancelled else { throw PluginError(.cancelled, "\(owner): the stream was cancelled.") }
            try await receiver.receive(delivery)
            waiting.withLock { $0 -= 1 }
            let give = credit.withLock { credit in
                if credit.give == nil { credit.owed.append(sequence) }
                return credit.give
            }
            give?(sequence)
        }
    }

    private func batch(_ message: Message) -> EventBatch? {
        guard let frame = message.frames.first else { return .empty(kind) }
        guard case .events(let batch) = frame, batch.kind == kind else { return nil }
        return batch
    }
}
