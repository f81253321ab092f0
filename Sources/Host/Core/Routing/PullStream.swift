package import PluginKit

/// How a provider that only answers requests is turned into a stream.
package struct PullPlan: Sendable, Hashable {
    /// Time between two requests for what is new.
    package let interval: Duration
    /// Whether one round of requests is all: the data is the past, or the host ends with it.
    package let isOnce: Bool

    /// Creates a plan.
    package init(interval: Duration, isOnce: Bool) {
        self.interval = interval
        self.isOnce = isOnce
    }

    /// The interval where the manifest names none: a tenth of the timeframe, 10 s at least and 15 minutes at most.
    package static func usualInterval(_ timeframe: Timeframe) -> Duration {
        min(max(.nanoseconds(timeframe.nanoseconds / 10), .seconds(10)), .seconds(900))
    }
}

/// Asks a provider for bars and pushes them: all there are, then, again and again, what is new.
///
/// The host decides about trying again: a fault that may pass is waited out, longer each time, and shown meanwhile. Any
/// other fault is thrown. Bars that are not complete yet (`.partial`) wait for the next round.
struct PullStream: Sendable {
    /// Bars of one push at most.
    private static let size = 1_024
    /// Tries of a round where the host ends with the data.
    private static let patience = 3

    let provider: any Provider
    let subscription: Subscription
    let plan: PullPlan
    let clock: any Clock<Duration>
    /// Shows a fault that is waited out; `nil` when it has passed.
    let report: @Sendable (PluginError?) -> Void

    /// Runs until the receiver wants no more, the task is cancelled, or, where one round is all, after it.
    func run(into receiver: any EventReceiver) async throws(PluginError) {
        var newest: [InstrumentID: Int64] = [:]
        while true {
            // From where the slowest instrument stands; what another one has from there is known already.
            let reply = try await fetch(after: newest.values.min())
            try await push(fresh(reply.events, newest), reply.defects, into: receiver)
            for bar in reply.events where !bar.flags.contains(.partial) {
                newest[bar.instrument] = max(newest[bar.instrument] ?? .min, bar.time)
            }
            if plan.isOnce { return }
            try await sleep(plan.interval)
        }
    }

    private func fetch(after time: Int64?) async throws(PluginError) -> Reply<Bar> {
        let request = BarsRequest(
            instruments: subscription.instruments, timeframe: subscription.timeframe,
            range: (time.map { $0 + 1 } ?? .min)...Int64.max)
        var tries = 0
        while true {
            do {
                let reply = try await provider.bars(request)
                if tries > 0 { report(nil) }
                return reply
            } catch {
                // Nothing new is no fault.
                if error.code == .noData, time != nil { return Reply(events: []) }
                tries += 1
                guard error.isTransient, !plan.isOnce || tries < Self.patience else { throw error }
                report(error)
                try await sleep(wait(error, after: tries))
            }
        }
    }

    /// 1 s, doubled with each try up to 5 minutes; longer where the source says so.
    private func wait(_ error: PluginError, after tries: Int) -> Duration {
        max(error.retryAfter ?? .zero, .seconds(min(300, 1 << min(tries - 1, 9))))
    }

    /// Whole bars that were not pushed before, in ascending event time; of one instant in the provider's order.
    private func fresh(_ bars: [Bar], _ newest: [InstrumentID: Int64]) -> [Bar] {
        let new = bars.filter { !$0.flags.contains(.partial) && $0.time > newest[$0.instrument] ?? .min }
        return new.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private func push(
        _ bars: [Bar], _ defects: [Defect], into receiver: any EventReceiver
    ) async throws(PluginError) {
        var defects = defects
        for start in stride(from: 0, to: max(1, bars.count), by: Self.size) {
            let part = Array(bars[min(start, bars.count)..<min(start + Self.size, bars.count)])
            guard !part.isEmpty || !defects.isEmpty else { return }
            let position = StreamPosition(part.last.map { "\($0.time)" } ?? "")
            try await receiver.receive(Delivery(batch: .bars(part), position: position, defects: defects))
            defects = []
        }
    }

    private func sleep(_ span: Duration) async throws(PluginError) {
        do { try await clock.sleep(for: span) } catch {
            throw PluginError(.cancelled, "route: the wait for the next request was ended by a stop.")
        }
    }
}
