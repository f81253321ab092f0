import PluginKit

/// When a provider is asked for what one before it answers not to have: a source that is out of date sends no request on at
/// each poll.
///
/// By instrument: once a bar has ended at its venue since it was asked, and else after a wait that doubles for as long as it
/// has nothing new either. Where no calendar says when bars end, they end at multiples of their timeframe, UTC. A value
/// without clock: times are nanoseconds since the Unix epoch, UTC.
struct Recourse: Sendable {
    private struct Key: Hashable {
        let provider: String
        let instrument: InstrumentID
    }

    private struct Asked {
        let at: Int64
        /// How long it is not asked again.
        var wait: Int64
    }

    /// The longest wait, nanoseconds.
    private static let longest: Int64 = 86_400_000_000_000

    private let hours: TradingHoursFinder
    private var asked: [Key: Asked] = [:]

    /// Creates one that has asked nobody.
    init(hours: @escaping TradingHoursFinder) { self.hours = hours }

    /// Whether a provider may have what it had not when it was asked last.
    func isDue(_ provider: String, _ request: FetchRequest, at now: Int64) -> Bool {
        // What has no past has something new whenever it is asked.
        guard PullPlan.lasting.contains(request.kind) else { return true }
        return request.instruments.contains { reference in
            guard let last = asked[Key(provider: provider, instrument: reference.id)] else { return true }
            return now < last.at || now - last.at >= last.wait || hasEnded(reference, request, since: last.at, now)
        }
    }

    /// Notes that a provider was asked, and of which instruments it had something new.
    mutating func note(
        _ provider: String, _ request: FetchRequest, brought: Set<InstrumentID>, at now: Int64
    ) {
        guard PullPlan.lasting.contains(request.kind) else { return }
        let first = Self.nanoseconds(PullPlan.usualInterval(request.timeframe, of: request.kind))
        for reference in request.instruments {
            let key = Key(provider: provider, instrument: reference.id)
            let isVain = !brought.contains(reference.id)
            guard isVain, let last = asked[key], !hasEnded(reference, request, since: last.at, now) else {
                asked[key] = Asked(at: now, wait: first)
                continue
            }
            asked[key] = Asked(at: now, wait: min(Self.longest, last.wait * 2))
        }
    }

    /// Whether a bar of an instrument has ended since an instant.
    private func hasEnded(
        _ reference: InstrumentReference, _ request: FetchRequest, since last: Int64, _ now: Int64
    ) -> Bool {
        guard request.kind == .bar else { return false }
        let span = request.timeframe.nanoseconds
        // Instants of this machine's clock are far from the ends of their type.
        let end =
            hours(reference.instrument)?.barEnd(atOrAfter: last + 1, timeframe: request.timeframe)
            ?? (last / span + 1).multipliedReportingOverflow(by: span).partialValue
        return end <= now
    }

    private static func nanoseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1_000_000_000 + span.components.attoseconds / 1_000_000_000
    }
}
