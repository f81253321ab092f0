import PluginKit

/// Judges a provider's reply as a whole, before any of it is taken: a reply that cannot be true is a fault like a time-out.
///
/// Single bad rows are the quality stage's business; here it is decided whether another provider should be asked.
struct Acceptance: Sendable {
    /// Rows of a reply that may be wrong, one in so many.
    private static let tolerance = 20

    let rules: RouteRules
    /// The last event time that is no future, nanoseconds since the Unix epoch, UTC.
    let latest: Int64
    /// This machine's clock, nanoseconds since the Unix epoch, UTC.
    let now: Int64
    /// Price of each instrument's last accepted event.
    let prices: [InstrumentID: Double]
    /// Usual volume of a bar of each instrument in the last answer that was taken.
    var volumes: [InstrumentID: Double] = [:]
    /// Gives the calendars by which bars are missing.
    var hours: TradingHoursFinder = { _ in nil }

    /// What is to become of a reply.
    enum Verdict {
        /// It is taken.
        case taken
        /// It is true and lacks something: taken where no other provider has more.
        case wanting(PluginError)
        /// It may be true: taken where no other provider has better.
        case doubted(PluginError)
        /// It cannot be true.
        case refused(PluginError)

        var fault: PluginError? {
            switch self {
            case .taken: nil
            case .wanting(let fault), .doubted(let fault), .refused(let fault): fault
            }
        }

        /// The fault of one that is refused.
        var refusal: PluginError? {
            guard case .refused(let fault) = self else { return nil }
            return fault
        }

        /// Whether the provider answers, and another one may have more.
        var isWanting: Bool { if case .wanting = self { true } else { false } }

        /// Whether it is kept for where nobody has better.
        var isKept: Bool {
            switch self {
            case .wanting, .doubted: true
            case .taken, .refused: false
            }
        }
    }

    /// Judges a reply.
    func verdict(_ reply: Reply, to request: FetchRequest, from who: String) -> Verdict {
        guard reply.batch.kind == request.kind else {
            return .refused(
                PluginError(
                    .malformed,
                    "\(who): answered a request for \(request.kind.rawValue) events with \(reply.batch.kind.rawValue) "
                        + "events."))
        }
        let verdict =
            switch reply.batch {
            case .bars(let events): verdict(events, request, who)
            case .quotes(let events): verdict(events, request, who)
            case .trades(let events): verdict(events, request, who)
            case .orderBooks(let events): verdict(events, request, who)
            case .figures(let events): verdict(events, request, who)
            case .factors(let events): verdict(events, request, who)
            }
        if case .refused = verdict { return verdict }
        if let refusal = defects(reply, who) { return .refused(refusal) }
        guard reply.batch.count > 0 else {
            return .wanting(PluginError(.noData, "\(who): has nothing for the request."))
        }
        return verdict
    }

    private func verdict<Event: CheckedEvent>(_ events: [Event], _ request: FetchRequest, _ who: String) -> Verdict {
        let asked = Set(request.instruments.map(\.id))
        var (wrong, first): (Int, QualityRefusal<Event>?) = (0, nil)
        for event in events {
            guard asked.contains(event.instrument) else {
                return .refused(
                    PluginError(.malformed, "\(who): answered with an instrument that was not asked for."))
            }
            guard let reason = reason(event) else { continue }
            wrong += 1
            if first == nil { first = QualityRefusal(event: event, reason: reason) }
        }
        if let first, wrong * Self.tolerance > events.count {
            return .refused(
                PluginError(
                    .quality, "\(who): \(wrong) of \(events.count) events cannot be true; the first: \(first.message)"))
        }
        let bars = events as? [Bar] ?? []
        if let doubt = jump(events, who) ?? lots(bars, who) { return .doubted(doubt) }
        return (age(events, who) ?? holes(bars, request, who)).map(Verdict.wanting) ?? .taken
    }

    private func reason(_ event: some CheckedEvent) -> QualityReason? {
        guard EventTimes.possible.contains(event.time) else { return .impossibleTime }
        return event.time > latest ? .future : event.fault(rules.quality)
    }

    private func defects(_ reply: Reply, _ who: String) -> PluginError? {
        guard let first = reply.defects.first, reply.defects.count * Self.tolerance > reply.batch.count else {
            return nil
        }
        return PluginError(
            .malformed,
            "\(who): \(reply.defects.count) rows beside \(reply.batch.count) events cannot be read; the first: "
                + first.message)
    }

    /// A first price far from the last one of its instrument: another unit, another adjustment, or a real crash.
    private func jump<Event: CheckedEvent>(_ events: [Event], _ who: String) -> PluginError? {
        guard Event.hasLevels, !prices.isEmpty else { return nil }
        var seen: Set<InstrumentID> = []
        for event in events where seen.insert(event.instrument).inserted {
            guard let before = prices[event.instrument],
                !rules.quality.allows(event.price, after: before, of: event.instrument)
            else {
                continue
            }
            return PluginError(
                .quality,
                "\(who): a price is \(event.price) after \(before), \(PriceLevel.times(event.price, before)); another "
                    + "provider must say the same.")
        }
        return nil
    }

    /// Volumes about 100 times those of the last answer, or 1/100: lots for shares, or the other way round.
    private func lots(_ bars: [Bar], _ who: String) -> PluginError? {
        guard !volumes.isEmpty, !bars.isEmpty else { return nil }
        for (instrument, volume) in Self.usualVolumes(bars) {
            guard let before = volumes[instrument], volume > 0, before > 0 else { continue }
            let ratio = max(volume / before, before / volume)
            guard (67...150).contains(ratio) else { continue }
            return PluginError(
                .quality,
                "\(who): the usual volume is \(volume) after \(before), \(PriceLevel.times(volume, before)): lots may stand for "
                    + "shares; another provider must say the same.")
        }
        return nil
    }

    /// The median volume of the last bars of each instrument.
    static func usualVolumes(_ bars: [Bar]) -> [InstrumentID: Double] {
        Dictionary(grouping: bars, by: \.instrument).mapValues { own in
            let volumes = own.suffix(21).map(\.volume).sorted()
            return volumes[volumes.count / 2]
        }
    }

    /// Bars that the calendar of a venue has between the first and the last of an answer, and the answer has not.
    private func holes(_ bars: [Bar], _ request: FetchRequest, _ who: String) -> PluginError? {
        guard let accepted = rules.acceptedMissing else { return nil }
        let times = Dictionary(grouping: bars, by: \.instrument).mapValues { Set($0.map(\.time)).sorted() }
        for reference in request.instruments {
            guard let own = times[reference.id], let hours = hours(reference.instrument) else { continue }
            let gaps = SeriesGaps(times: own, hours: hours, timeframe: request.timeframe)
            let all = gaps.found + gaps.missing
            guard gaps.found > 0, Double(gaps.missing) > accepted * Double(all) else { continue }
            return PluginError(
                .quality,
                "\(who): of \(reference.instrument) \(gaps.missing) of \(all) bars are missing by the calendar of "
                    + "\(reference.instrument.venue); the route accepts \(accepted) of them.")
        }
        return nil
    }

    private func age<Event: CheckedEvent>(_ events: [Event], _ who: String) -> PluginError? {
        guard let accepted = rules.acceptedAge, let newest = events.map(\.time).max() else { return nil }
        let age = now.subtractingReportingOverflow(newest)
        guard !age.overflow, age.partialValue > accepted else { return nil }
        return PluginError(
            .stale,
            "\(who): the newest event is \(Duration.nanoseconds(age.partialValue).inWords) old; the route accepts "
                + "\(Duration.nanoseconds(accepted).inWords).")
    }
}
