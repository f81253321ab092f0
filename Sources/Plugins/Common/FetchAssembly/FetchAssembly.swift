public import CivilTime
public import PluginKit

/// Asks a source for one instrument after the other and makes one reply of it, for sources that answer for one at a time.
///
/// - Events are put in ascending time; those outside the range go, of two bars or factors of one time the later in the
///   source's order counts, of two equal figures too. A defect says so where it is more than one bar in ten.
/// - A bar that ends after now is still forming: `.partial`.
/// - What an instrument lacks (`.notFound`, `.noData`) concerns that instrument. Where all lack it, it is thrown.
/// - Any other fault becomes a defect of its instrument where others gave events, and is thrown where none did. After
///   one that concerns all (`.rateLimited`, `.banned`, `.auth`), the rest is not asked.
public enum FetchAssembly {
    /// Answers a request.
    ///
    /// - Parameters:
    ///   - owner: begins messages.
    ///   - atOnce: requests in flight at most.
    ///   - now: nanoseconds since the Unix epoch.
    ///   - fetch: asks for one instrument.
    public static func reply<Event: MarketEvent>(
        to request: FetchRequest, owner: String, atOnce: Int = 4, now: Int64 = WallClock.now(),
        _ fetch: @escaping @Sendable (InstrumentReference) async -> Result<FetchedEvents<Event>, PluginError>
    ) async throws(PluginError) -> Reply {
        let results = await ask(request.instruments, atOnce, fetch)
        if Task.isCancelled { throw PluginError(.cancelled, "\(owner): the request was cancelled.") }
        var (events, defects): ([Event], [Defect]) = ([], [])
        var faults: [(instrument: InstrumentReference, error: PluginError)] = []
        for (instrument, result) in zip(request.instruments, results) {
            switch result {
            case .success(let found):
                let (own, lost) = whole(found.events, request.range, now)
                events += own
                defects += found.defects
                // One that comes twice is corrected; of many the source means something else by them.
                if Event.kind == .bar, lost > 1, lost * 10 > own.count {
                    defects.append(defect(instrument, lost, own.count))
                }
            case .failure(let error): faults.append((instrument, error))
            case nil: break
            }
        }
        let grave = faults.filter { $0.error.code != .notFound && $0.error.code != .noData }
        guard !events.isEmpty else {
            if let error = grave.first?.error ?? faults.first?.error { throw error }
            guard defects.isEmpty else { return Reply(events: events, defects: defects) }
            throw PluginError(
                .noData,
                "\(owner): the source has no \(request.kind.rawValue) events in the asked range. Ask for another.")
        }
        return Reply(events: events, defects: defects + grave.map { defect($0.instrument, $0.error) })
    }

    /// Returns a result for each instrument; `nil` for those that were not asked.
    private static func ask<Event>(
        _ instruments: [InstrumentReference], _ atOnce: Int,
        _ fetch: @escaping @Sendable (InstrumentReference) async -> Result<FetchedEvents<Event>, PluginError>
    ) async -> [Result<FetchedEvents<Event>, PluginError>?] {
        await withTaskGroup(of: (Int, Result<FetchedEvents<Event>, PluginError>).self) { group in
            var results: [Result<FetchedEvents<Event>, PluginError>?] = Array(repeating: nil, count: instruments.count)
            var next = 0
            func start() {
                let number = next
                next += 1
                group.addTask { (number, await fetch(instruments[number])) }
            }
            while next < min(atOnce, instruments.count) { start() }
            while let (number, result) = await group.next() {
                results[number] = result
                if isForAll(result) { next = instruments.count }
                if next < instruments.count, !Task.isCancelled { start() }
            }
            return results
        }
    }

    private static func isForAll<Event>(_ result: Result<FetchedEvents<Event>, PluginError>) -> Bool {
        guard case .failure(let error) = result else { return false }
        return [.rateLimited, .banned, .auth, .cancelled, .configuration].contains(error.code)
    }

    private static func defect(_ reference: InstrumentReference, _ error: PluginError) -> Defect {
        Defect(
            instrument: reference.id, place: reference.instrument.description, reason: error.code.description,
            message: error.message, raw: "")
    }

    private static func defect(_ reference: InstrumentReference, _ lost: Int, _ kept: Int) -> Defect {
        Defect(
            instrument: reference.id, place: reference.instrument.description, reason: "same_time",
            message:
                "\(lost) of \(lost + kept) bars have the time of another one, and the later of two counts: they may be of a "
                + "shorter span than is asked for. Check the timeframe.", raw: "")
    }

    /// Returns the events of the range, and how many gave way to another of their time that says something else.
    private static func whole<Event: MarketEvent>(
        _ events: [Event], _ range: ClosedRange<Int64>, _ now: Int64
    ) -> (events: [Event], lost: Int) {
        let isSnapshot = Event.kind == .quote || Event.kind == .orderBook
        let inRange = isSnapshot ? events : events.filter { range.contains($0.time) }
        var (seen, lost) = ([Identity: Event](), 0)
        // From behind, so that the later of two stays.
        let unique = inRange.reversed().filter { event in
            guard let identity = Identity(event) else { return true }
            if let later = seen[identity] {
                if differ(event, later) { lost += 1 }
                return false
            }
            seen[identity] = event
            return true
        }
        let ordered = unique.reversed().enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        guard Event.kind == .bar else { return (ordered.map(\.element), lost) }
        let bars = ordered.map { entry in
            var event = entry.element
            if event.time > now { event.flags.insert(.partial) }
            return event
        }
        return (bars, lost)
    }

    /// Whether two bars of one time say something else; pages that overlap give the same bar twice.
    private static func differ<Event: MarketEvent>(_ left: Event, _ right: Event) -> Bool {
        guard let left = left as? Bar, let right = right as? Bar else { return false }
        return (left.open, left.high, left.low, left.close, left.volume)
            != (right.open, right.high, right.low, right.close, right.volume)
    }

    /// What makes an event of one instrument the same as another; none for those that may be there twice.
    private struct Identity: Hashable {
        let time: Int64
        var periodEnd: Int64 = 0
        var name: FigureName?

        init?(_ event: some MarketEvent) {
            switch event {
            case is Bar, is Factor: time = event.time
            case let figure as Figure: (time, periodEnd, name) = (figure.time, figure.periodEnd, figure.name)
            default: return nil
            }
        }
    }
}
