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

    /// The kinds whose past a request can bring whole, so that asking again brings what is new.
    package static let lasting: Set<EventKind> = [.bar, .figure, .factor]
    /// The kinds that are asked for again and again: those, and quotes and order books, of which the newest is enough. Of trades
    /// some could be missing between two answers, and nobody would know.
    package static let kinds: Set<EventKind> = lasting.union([.quote, .orderBook])

    /// The interval where the manifest names none: of bars a tenth of the timeframe, 10 s at least and 15 minutes at most; of
    /// figures and factors six hours; of quotes and order books a minute, in which sixty of a source that bans whoever asks more
    /// than once a second can be asked for.
    package static func usualInterval(_ timeframe: Timeframe, of kind: EventKind = .bar) -> Duration {
        switch kind {
        case .bar: min(max(.nanoseconds(timeframe.nanoseconds / 10), .seconds(10)), .seconds(900))
        case .quote, .orderBook: .seconds(60)
        case .figure, .factor, .trade: .seconds(21_600)
        }
    }
}

/// Where the answers of one push came from.
struct PullOrigin: Hashable {
    /// The provider instance.
    let source: String
    /// How many others were asked before it answered.
    let others: Int
    /// When it was asked, nanoseconds since the Unix epoch, UTC.
    let askedAt: Int64
}

/// Asks a route for bars, figures or factors and pushes them: all there are, then, again and again, what is new of each
/// instrument; of quotes and order books the newest.
///
/// Faults are thrown; whoever runs it waits and runs it again, and it goes on where each instrument stands. Where only
/// some of the requests of a round failed, the others' events are pushed and the fault is shown until a round is whole.
/// An instrument may have no figures and no factors: that none came is a fault of bars alone.
/// Bars that are not complete yet (`.partial`) wait for the next round.
final class PullStream: Sendable {
    /// What a round brought of one source.
    private struct Given {
        let origin: PullOrigin
        var batches: [EventBatch]
        var defects: [Defect]
        var alerts: [Alert] = []
    }

    /// Events of one push, about.
    private static let size = 1_024

    private let subscription: Subscription
    private let plan: PullPlan
    private let clock: any Clock<Duration>
    private let silence: Silence?
    /// Event time of each instrument's newest event that was pushed.
    private let newest: Mutex<[InstrumentID: Int64]>
    /// When something new came last, by the machine's clock; and what was said of how long ago that is.
    private let news = Mutex<(at: Int64?, stale: String?)>((nil, nil))
    /// Whether no round was whole yet: what comes fills in the past.
    private let isFirst = Mutex(true)
    /// Whether the store had events when it began.
    private let hasStored: Bool
    /// Instruments of which it was said that nothing has come.
    private let lacking = Mutex<Set<InstrumentID>>([])
    /// Whether it was told that a round was whole, or that nobody answers.
    private let isThrough = Mutex(false)

    /// Creates a stream after the newest bars that the store has; with `silence`, one that has nothing new for longer is told of.
    init(
        _ subscription: Subscription, _ plan: PullPlan, after newest: [InstrumentID: Int64] = [:],
        silence: Silence? = nil, clock: any Clock<Duration>
    ) {
        self.silence = plan.isOnce ? nil : silence
        self.newest = Mutex(newest)
        hasStored = !newest.isEmpty
        self.subscription = subscription
        self.plan = plan
        self.clock = clock
    }

    /// Runs until the attempt is over, the task is cancelled, or, where one round is all, after it.
    func run(_ route: Route, _ attempt: StreamAttempt) async throws(PluginError) {
        while true {
            let fault: PluginError?
            do { fault = try await round(route, attempt) } catch {
                // What is stored is served meanwhile: whoever waits for all there is has it.
                if hasStored, error.code != .cancelled, !plan.isOnce, tellsThrough() { await attempt.hasOnlyStored() }
                throw error
            }
            if let fault {
                guard !plan.isOnce else { throw fault }
                attempt.fails(fault)
            } else {
                attempt.answered(stale: staleness(of: route, at: attempt.wallTime))
                route.tellsLack(of: newLack())
                if tellsThrough() { await attempt.caughtUp() }
            }
            if plan.isOnce { return }
            try await sleep(plan.interval)
        }
    }

    /// Says that answers have had nothing new for too long: since the newest bar ended, or, where the route itself says how
    /// long, since one came; `nil` where they have.
    private func staleness(of route: Route, at now: Int64) -> String? {
        guard let silence else { return nil }
        let newest = newest.withLock { $0.values.max() }
        return news.withLock { news in
            let began = news.at ?? now
            news.at = began
            let last = if case .hours = silence { newest ?? began } else { began }
            let age = Duration.nanoseconds(now) - .nanoseconds(last)
            guard age > silence.span(after: last) else {
                news.stale = nil
                return nil
            }
            // Said once, so that the same state has the same words.
            news.stale =
                news.stale
                ?? "\(route.who): it answers, but its newest event is \(age.inWords) old: nothing new has come \(silence) in "
                + "pipeline/\(route.pipeline), whose route allows no more silence. Look into the source, or set 'silence' of "
                + "the route."
            return news.stale
        }
    }

    /// Instruments of which no bar has come in a whole round, where that was not said of them yet.
    private func newLack() -> [Instrument] {
        guard subscription.kind == .bar else { return [] }
        let newest = newest.withLock { $0 }
        return lacking.withLock { lacking in
            subscription.instruments.filter { newest[$0.id] == nil && lacking.insert($0.id).inserted }.map(\.instrument)
        }
    }

    /// Whether the round that ended is the first whole one: all there was is asked for.
    private func tellsThrough() -> Bool {
        isThrough.withLock { isThrough in
            defer { isThrough = true }
            return !isThrough
        }
    }

    /// Asks for every instrument once; returns the fault of a round that was not whole, throws where nothing came of it.
    private func round(_ route: Route, _ attempt: StreamAttempt) async throws(PluginError) -> PluginError? {
        let known = newest.withLock { $0 }
        let requests = PullRequests.of(subscription, known)
        let asked = attempt.wallTime
        var given: [Given] = []
        var faults: [PluginError] = []
        for request in requests {
            do {
                try take(try await route.fetch(request), of: route, request, asked, into: &given)
            } catch {
                guard error.code != .cancelled || !Task.isCancelled else { throw error }
                // Nothing new is no fault.
                if error.code == .noData, !known.isEmpty || subscription.kind != .bar { continue }
                faults.append(error)
            }
        }
        if let fault = faults.first, faults.count == requests.count { throw fault }
        // A push has one source, so that each of its events can say where it comes from.
        for part in given {
            let fresh = EventBatch.empty(subscription.kind).edited(by: Fresh(batches: part.batches, known: known))
            try await push(fresh, part.defects, part.alerts, from: part.origin, into: attempt)
        }
        isFirst.withLock { $0 = false }
        return faults.first
    }

    /// Adds an answer to what a round brought: answers of one source together, those of several in the order of their shares.
    private func take(
        _ answer: RouteReply, of route: Route, _ request: FetchRequest, _ asked: Int64, into given: inout [Given]
    ) throws(PluginError) {
        let alerts = answer.conflicts.map { conflict in
            Alert(
                time: conflict.time, rule: "conflict", severity: .warning, instrument: conflict.instrument,
                message: route.message(of: conflict, request))
        }
        let shares = answer.shares
        var told = 0
        for (place, share) in shares.enumerated() {
            let failed = answer.attempts.count { $0.fault != nil && $0.provider != share.source }
            let origin = PullOrigin(source: share.source, others: failed, askedAt: asked)
            var part = Given(
                origin: origin, batches: [try checked(share.reply.batch)], defects: share.reply.defects)
            // Each goes with the events of its time: what sinks have of alerts is known by their times.
            let end = place == shares.count - 1 ? .max : share.reply.times?.upperBound ?? .min
            part.alerts = Array(alerts[told...].prefix { $0.time <= end })
            told += part.alerts.count
            if answer.sources.isEmpty, let same = given.firstIndex(where: { $0.origin == origin }) {
                given[same].batches += part.batches
                given[same].defects += part.defects
                given[same].alerts += part.alerts
            } else {
                given.append(part)
            }
        }
    }

    private func checked(_ batch: EventBatch) throws(PluginError) -> EventBatch {
        guard batch.kind == subscription.kind else {
            throw PluginError(
                .malformed,
                "a request for \(subscription.kind.rawValue) events was answered with \(batch.kind.rawValue) events.")
        }
        return batch
    }

    private func push(
        _ batch: EventBatch, _ defects: [Defect], _ alerts: [Alert], from origin: PullOrigin,
        into attempt: StreamAttempt
    ) async throws(PluginError) {
        let isPast = isFirst.withLock { $0 }
        var (defects, alerts) = (defects, alerts.sorted { $0.time < $1.time })
        var times: [Int64] = []
        batch.forEach { _, time, _ in times.append(time) }
        var start = 0
        while start < times.count || !defects.isEmpty || !alerts.isEmpty {
            var end = min(start + Self.size, times.count)
            // An instant goes whole: what comes after is asked for from behind it.
            while end < times.count, end > start, times[end] == times[end - 1] { end += 1 }
            let part = batch[start..<end]
            let position = StreamPosition(end > start ? "\(times[end - 1])" : "")
            let due = alerts.prefix { $0.time <= (end == times.count ? .max : times[end - 1]) }
            try await attempt.receive(
                Delivery(batch: part, position: position, defects: defects), from: origin, isPast: isPast,
                alerts: Array(due))
            defects = []
            alerts.removeFirst(due.count)
            start = end
            newest.withLock { newest in
                // What has no possible time is refused; nothing that comes later is older than it.
                let latest = EventTimes.latest(at: attempt.wallTime, span: subscription.timeframe.nanoseconds)
                part.forEach { _, time, instrument in
                    if time <= latest { newest[instrument] = max(newest[instrument] ?? .min, time) }
                }
            }
            if part.count > 0 { news.withLock { $0 = (attempt.wallTime, nil) } }
        }
    }

    private func sleep(_ span: Duration) async throws(PluginError) {
        do { try await clock.sleep(for: span) } catch {
            throw PluginError(.cancelled, "route: the wait for the next request was ended by a stop.")
        }
    }
}

/// Whole events of some answers that were not pushed before, in ascending event time; of one instant in the provider's order.
private struct Fresh: BatchEdit {
    let batches: [EventBatch]
    let known: [InstrumentID: Int64]

    func edit<Event: MarketEvent>(_ none: [Event]) -> [Event] {
        let new = batches.flatMap { Event.events(of: $0) ?? [] }.filter {
            !$0.flags.contains(.partial) && $0.time > known[$0.instrument] ?? .min
        }
        return new.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
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
