package import PluginKit

/// How prices are made comparable across splits, dividends and rights issues; always from raw prices and factors.
package enum PriceAdjustment: String, Sendable, CaseIterable {
    /// As traded.
    case raw = "none"
    /// Backwards (前复权): the last bar that is known is as traded, older ones change with every new factor.
    case qfq
    /// Forwards (后复权): the first stored bar is as traded, and no price ever changes.
    case hfq
    /// What one share of the first stored bar has become, with all that was paid out put back into it at the close of the ex-date.
    case totalReturn = "total_return"

    /// Returns bars of one instrument with adjusted prices; volume and amount stay as traded.
    ///
    /// A factor holds between the last bar at its time or before and the first one after it; one before the first bar or after
    /// the last changes nothing. One that would leave no positive price is passed over.
    ///
    /// - Parameters:
    ///   - bars: raw, ascending, from the first that is stored.
    ///   - factors: those known, in any order.
    package func adjusted(_ bars: [Bar], by factors: [Factor]) -> [Bar] {
        guard self != .raw, !bars.isEmpty else { return bars }
        let multipliers = multipliers(bars, factors.sorted { $0.time < $1.time })
        let base = self == .qfq ? multipliers[multipliers.count - 1] : 1
        return zip(bars, multipliers).map { bar, multiplier in
            let scale = multiplier / base
            var bar = bar
            bar.open *= scale
            bar.high *= scale
            bar.low *= scale
            bar.close *= scale
            if scale != 1 { bar.flags.insert(.adjusted) }
            return bar
        }
    }

    /// What each bar's price is multiplied by, 1 at the first.
    private func multipliers(_ bars: [Bar], _ factors: [Factor]) -> [Double] {
        var product = 1.0
        var next = factors.startIndex
        while next < factors.endIndex, factors[next].time < bars[0].time { next += 1 }
        return bars.indices.map { index in
            while next < factors.endIndex, factors[next].time < bars[index].time {
                let start = next
                while next < factors.endIndex, factors[next].time < bars[index].time { next += 1 }
                if index > 0 { product *= step(factors[start..<next], from: bars[index - 1], to: bars[index]) }
            }
            return product
        }
    }

    /// What the factors between two bars multiply the price of the later one by.
    private func step(_ factors: ArraySlice<Factor>, from before: Bar, to after: Bar) -> Double {
        var step = 1.0
        var price = before.close
        for factor in factors {
            let worth = factor.adjusted(price)
            guard worth > 0, worth.isFinite else { continue }
            if self == .totalReturn {
                let gain = factor.cash + factor.rights * max(0, after.close - factor.rightsPrice)
                step *= factor.ratio + gain / after.close
            } else {
                step *= price / worth
            }
            price = worth
        }
        return step
    }
}

extension EventStore {
    /// Returns bars with prices adjusted by what was known as of the query's date: what arrives later never changes them.
    ///
    /// Throws `.badRequest` where the stored prices are adjusted already.
    package func bars(_ query: EventQuery, adjusted: PriceAdjustment) async throws(PluginError) -> [StoredBar] {
        guard adjusted != .raw else { return try await events(Bar.self, query) }
        let all = try await events(
            Bar.self,
            EventQuery(
                instrument: query.instrument, timeframe: query.timeframe, pipeline: query.pipeline, asOf: query.asOf))
        guard !all.contains(where: { $0.event.flags.contains(.adjusted) }) else {
            throw PluginError(
                .badRequest,
                "\(query.instrument): the stored prices are adjusted by their provider already; allowed is 'adjust' none. Have "
                    + "the provider give raw prices and factors.")
        }
        let factors = try await events(
            Factor.self,
            EventQuery(instrument: query.instrument, timeframe: query.timeframe, asOf: query.asOf)
        ).map(\.event)
        let changed = zip(all, adjusted.adjusted(all.map(\.event), by: factors)).filter { stored, _ in
            query.range.contains(stored.event.time)
        }
        let bars = changed.map { stored, bar in
            StoredBar(
                event: bar, provenance: stored.provenance, version: stored.version, knownAt: stored.knownAt,
                storedAt: stored.storedAt)
        }
        return query.isFromStart ? Array(bars.prefix(query.limit)) : Array(bars.suffix(query.limit))
    }
}
