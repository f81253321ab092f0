package import PluginKit

/// How the bars of an input are built out of what its provider gives.
package struct ShapePlan: Sendable {
    /// What ends a bar.
    package enum Cut: Sendable, Hashable {
        /// The end of its span along the venue's sessions.
        case time
        /// So many trades, so much volume, value or imbalance.
        case threshold(BarThreshold)
    }

    /// What they are built of: trades or finer bars.
    package let source: EventKind
    /// Span of the finer bars.
    package let timeframe: Timeframe
    /// What ends a bar.
    package let cut: Cut
    /// Trading hours by instrument number; needed where a bar ends with its span.
    let hours: [InstrumentID: any TradingHours]

    /// Creates a plan; thresholds count trades, whatever `source` says.
    package init(
        of source: EventKind, timeframe: Timeframe, cut: Cut = .time, hours: [InstrumentID: any TradingHours] = [:]
    ) {
        self.source = source
        self.timeframe = timeframe
        self.cut = cut
        self.hours = hours
    }

    /// When a bar was known at the latest: what a closing auction prints belongs to the bar before it, which ends at its time.
    func known(_ bar: RowKey) -> Int64 {
        guard cut == .time, let hours = hours[bar.instrument], hours.isOpen(at: bar.time) != true else {
            return bar.time
        }
        let (known, overflows) = bar.time.addingReportingOverflow(AuctionTimes().closing)
        return overflows ? .max : known
    }

    /// Makes the stage that builds the bars of an input.
    func stage(_ input: InputPlan, isKnown: [Bool], _ bars: EventInput<Bar>) -> any InputStage {
        switch (source, cut) {
        case (.bar, _):
            let (timeframe, hours) = (input.timeframe, hours)
            return ShapedInput<Bar>(isKnown: isKnown, rules: input.rules, bars: bars) { instrument, closed in
                hours[instrument].map { TimeBars<Bar>(timeframe: timeframe, hours: $0, closed: closed) }
            }
        case (_, .time):
            let (timeframe, hours) = (input.timeframe, hours)
            return ShapedInput<Trade>(isKnown: isKnown, rules: input.rules, bars: bars) { instrument, closed in
                hours[instrument].map { TimeBars<Trade>(timeframe: timeframe, hours: $0, closed: closed) }
            }
        case (_, .threshold(let threshold)):
            return ShapedInput<Trade>(isKnown: isKnown, rules: input.rules, bars: bars) { _, _ in
                ThresholdBars(threshold)
            }
        }
    }
}
