import HostCore
import PluginKit

/// Tells one sink of the changes of alerts, each once and in order: what the sink took is noted before the next is offered.
///
/// What a sink does not take stays in the state database, over any number of starts; a change is noted as told right after the
/// sink's answer. So a crash between the two tells of the same change again: it has the same number in its message.
actor RiskNotifier {
    /// How a sink stands.
    struct Standing: Sendable {
        var told: Int64 = 0
        var dropped = 0
        var fault: String?
    }

    private static let most = 50
    private static let longestWait = 60.0

    private let sink: String
    private let store: any RiskStore
    private let directory: InstrumentTable
    private(set) var standing = Standing()
    private var hasBegun = false
    private var tries = 0
    private var notBefore: ContinuousClock.Instant?
    private var isBusy = false

    init(_ sink: String, _ store: any RiskStore, _ directory: InstrumentTable) {
        (self.sink, self.store, self.directory) = (sink, store, directory)
    }

    /// Offers what waits until nothing does, or the sink does not take it; returns a fault that is news.
    func deliver(to target: any Sink, isLast: Bool = false) async -> String? {
        guard !isBusy, isLast || notBefore.map({ $0 <= .now }) ?? true else { return nil }
        isBusy = true
        defer { isBusy = false }
        do throws(PluginError) {
            if !hasBegun { standing.told = try await store.told(sink) }
            hasBegun = true
            while try await deliverNext(to: target) {}
            (tries, notBefore, standing.fault) = (0, nil, nil)
            return nil
        } catch {
            guard error.code != .cancelled else { return nil }
            return failed(error)
        }
    }

    /// Offers the next changes; returns whether there were any.
    private func deliverNext(to target: any Sink) async throws(PluginError) -> Bool {
        let changes = try await store.changes(after: standing.told, limit: Self.most)
        guard let last = changes.last else { return false }
        let rows = changes.map { $0.record(instrument(of: $0.alert)) }
        let batch = RecordBatch(
            pipeline: "risk", source: "", timeframe: Timeframe(1, .second), sequence: UInt64(changes[0].number),
            content: .alerts(rows))
        let receipt = try await target.write(batch)
        let through = receipt.retry.min().map { $0 > 0 ? changes[$0 - 1].number : standing.told } ?? last.number
        try await target.flush()
        standing.dropped += receipt.rejected.count
        if through > standing.told {
            try await store.note(sink, told: through)
            standing.told = through
            (tries, standing.fault) = (0, nil)
        }
        guard receipt.retry.isEmpty else {
            throw PluginError(.transient, "sink/\(sink): it asks for \(receipt.retry.count) alerts again.")
        }
        return true
    }

    private func instrument(of alert: RiskAlert) -> InstrumentID? {
        (try? Instrument(parsing: alert.instrument)).map { directory.intern($0) }
    }

    private func failed(_ error: PluginError) -> String? {
        tries += 1
        let usual = min(Self.longestWait, 0.5 * Double(1 << min(tries, 10)))
        notBefore = .now.advanced(by: error.retryAfter ?? .seconds(usual))
        let isNews = standing.fault == nil
        standing.fault = error.message
        return isNews ? "\(error.message) Alerts wait in the state folder until it takes them." : nil
    }
}
