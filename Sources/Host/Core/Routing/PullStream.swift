package import PluginKit
import Synchronization

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

/// Asks a provider for bars and pushes them: all there are, then, again and again, what is new of each instrument.
///
/// Faults are thrown; whoever runs it waits and runs it again, and it goes on where each instrument stands. Where only
/// some of the requests of a round failed, the others' bars are pushed and the fault is shown until a round is whole.
/// Bars that are not complete yet (`.partial`) wait for the next round.
final class PullStream: Sendable {
    /// Bars of one push at most.
    private static let size = 1_024

    private let subscription: Subscription
    private let plan: PullPlan
    private let clock: any Clock<Duration>
    /// Event time of each instrument's newest bar that was pushed.
    private let newest: Mutex<[InstrumentID: Int64]>
    /// Whether no round was whole yet: what comes fills in the past.
    private let isFirst = Mutex(true)

    /// Creates a stream after the newest bars that the store has.
    init(
        _ subscription: Subscription, _ plan: PullPlan, after newest: [InstrumentID: Int64] = [:],
        clock: any Clock<Duration>
    ) {
        self.newest = Mutex(newest)
        self.subscription = subscription
        self.plan = plan
        self.clock = clock
    }

    /// Runs until the attempt is over, the task is cancelled, or, where one round is all, after it.
    func run(_ provider: any Provider, _ attempt: StreamAttempt) async throws(PluginError) {
        while true {
            let fault = try await round(provider, attempt)
            if let fault {
                guard !plan.isOnce else { throw fault }
                attempt.fails(fault)
            } else {
                attempt.answered()
            }
            if plan.isOnce { return }
            try await sleep(plan.interval)
        }
    }

    /// Asks for every instrument once; returns the fault of a round that was not whole, throws where nothing came of it.
    private func round(_ provider: any Provider, _ attempt: StreamAttempt) async throws(PluginError) -> PluginError? {
        let known = newest.withLock { $0 }
        let requests = PullRequests.of(subscription, known)
        let asked = attempt.wallTime
        var (bars, defects): ([Bar], [Defect]) = ([], [])
        var faults: [PluginError] = []
        for request in requests {
            do {
                let reply = try await provider.fetch(request)
                bars += try reply.events(Bar.self)
                defects += reply.defects
            } catch {
                guard error.code != .cancelled || !Task.isCancelled else { throw error }
                // Nothing new is no fault.
                if error.code == .noData, !known.isEmpty { continue }
                faults.append(error)
            }
        }
        if let fault = faults.first, faults.count == requests.count { throw fault }
        try await push(fresh(bars, known), defects, askedAt: asked, into: attempt)
        isFirst.withLock { $0 = false }
        return faults.first
    }

    /// Whole bars that were not pushed before, in ascending event time; of one instant in the provider's order.
    private func fresh(_ bars: [Bar], _ known: [InstrumentID: Int64]) -> [Bar] {
        let new = bars.filter { !$0.flags.contains(.partial) && $0.time > known[$0.instrument] ?? .min }
        return new.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private func push(
        _ bars: [Bar], _ defects: [Defect], askedAt time: Int64, into attempt: StreamAttempt
    ) async throws(PluginError) {
        let isPast = isFirst.withLock { $0 }
        var defects = defects
        for start in stride(from: 0, to: max(1, bars.count), by: Self.size) {
            let part = Array(bars[min(start, bars.count)..<min(start + Self.size, bars.count)])
            guard !part.isEmpty || !defects.isEmpty else { return }
            let position = StreamPosition(part.last.map { "\($0.time)" } ?? "")
            try await attempt.receive(
                Delivery(batch: .bars(part), position: position, defects: defects), askedAt: time, isPast: isPast)
            defects = []
            newest.withLock { newest in
                for bar in part { newest[bar.instrument] = max(newest[bar.instrument] ?? .min, bar.time) }
            }
        }
    }

    private func sleep(_ span: Duration) async throws(PluginError) {
        do { try await clock.sleep(for: span) } catch {
            throw PluginError(.cancelled, "route: the wait for the next request was ended by a stop.")
        }
    }
}

/// The requests of a round: instruments that stand at about the same place are asked for together.
package enum PullRequests {
    /// Requests of a round at most.
    package static let limit = 16
    /// Bars that are rather asked for twice than with a request of their own.
    private static let nearby: Int64 = 10

    /// Returns the requests; each begins where the slowest of its instruments stands, so no instrument that stands still
    /// makes others come again, and one without bars is asked for all there is.
    package static func of(_ subscription: Subscription, _ newest: [InstrumentID: Int64]) -> [FetchRequest] {
        let times = Set(newest.values).sorted()
        // The widest gaps between where instruments stand are where the requests are cut.
        let near = subscription.timeframe.nanoseconds.multipliedReportingOverflow(by: nearby)
        let gaps = times.indices.dropFirst().map { (width: times[$0].subtracting(times[$0 - 1]), place: $0) }
            .filter { $0.width > (near.overflow ? .max : near.partialValue) }
        let cuts = Set(gaps.sorted { ($0.width, $0.place) > ($1.width, $1.place) }.prefix(limit - 2).map(\.place))
        var starts: [Int64: Int64] = [:]
        var first = Int64.min
        for (place, time) in times.enumerated() {
            if place == 0 || cuts.contains(place) { first = time }
            starts[time] = first
        }
        let groups = Dictionary(grouping: subscription.instruments) { newest[$0.id].flatMap { starts[$0] } ?? .min }
        return groups.sorted { $0.key < $1.key }.map { start, instruments in
            let after = start == .min || start == .max ? start : start + 1
            return FetchRequest(
                subscription.kind, of: instruments, timeframe: subscription.timeframe, range: after...Int64.max)
        }
    }
}

extension Int64 {
    /// The difference to a smaller number; one beyond what 64 bits hold counts as the greatest.
    fileprivate func subtracting(_ other: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? .max : difference
    }
}
