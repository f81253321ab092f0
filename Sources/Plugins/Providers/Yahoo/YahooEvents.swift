import CivilTime
import EventTiming
import FetchAssembly
import PluginKit
import TimeZones
import TradingCalendars

/// Bars and factors out of charts of one instrument; a pure function of them.
struct YahooEvents {
    private let charts: [YahooChart]
    private let timeframe: Timeframe
    private let interval: YahooInterval
    private let target: RowTarget
    private let options: YahooOptions
    /// Splits and payments of all charts, each once, in order.
    private let events: [YahooChart.Event]

    init(
        _ charts: [YahooChart], _ timeframe: Timeframe, _ interval: YahooInterval, _ target: RowTarget,
        _ options: YahooOptions
    ) throws(PluginError) {
        self.charts = charts
        self.timeframe = timeframe
        self.interval = interval
        self.options = options
        self.target = try Self.target(target, charts, options)
        var seen: Set<[Double]> = []
        events = charts.flatMap(\.events).filter { seen.insert([Double($0.time), $0.ratio, $0.cash]).inserted }
            .sorted { $0.time < $1.time }
    }

    /// The bars, by the end of their span.
    var bars: FetchedEvents<Bar> {
        var found = FetchedEvents<Bar>()
        for chart in charts {
            var before: Bar?
            for row in chart.rows where !isLive(row) {
                guard let (end, isFirst) = end(of: row.start) else { continue }
                guard let read = bar(row, end, chart.currency) else {
                    found.defects.append(defect(row, chart))
                    continue
                }
                var bar = read
                if let last = before, last.time == bar.time, merges(isFirst) {
                    bar = Self.joined(last, bar)
                    found.events.removeLast()
                }
                found.events.append(bar)
                before = bar
            }
        }
        return found
    }

    /// Splits and payments, from the begin of their day's session on; those of one day are one factor.
    var factors: FetchedEvents<Factor> {
        var factors: [Int64: Factor] = [:]
        let timing = RowTiming(.effective, Timeframe(1, .day), isStart: true)
        let currency = charts.first?.currency
        for event in events {
            guard let time = timing.time(WrittenTime(day: day(event.time)), target) else { continue }
            var factor = factors[time] ?? Factor(time: time, instrument: target.reference.id)
            if options.isRaw { factor.ratio *= event.ratio }
            let unit = options.unit(of: event.currency ?? currency)
            factor.cash += Self.times(event.cash, unit * (options.isRaw ? splits(after: event.time) : 1))
            if factor.ratio != 1 || factor.cash != 0 { factors[time] = factor }
        }
        return FetchedEvents(factors.values.sorted { $0.time < $1.time })
    }

    /// Two of Yahoo's rows are one bar: 15m of one 30m, and a week or month beside its last price, which has a row of its own.
    private func merges(_ isFirst: Bool) -> Bool {
        interval.count > 1 ? !isFirst : timeframe.unit == .week || timeframe.unit == .month
    }

    private static func joined(_ first: Bar, _ second: Bar) -> Bar {
        var bar = first
        bar.high = max(first.high, second.high)
        bar.low = min(first.low, second.low)
        bar.close = second.close
        bar.volume = first.volume + second.volume
        return bar
    }

    /// Whether a row is the last price and no bar: within a day bars begin on whole minutes.
    private func isLive(_ row: YahooChart.Row) -> Bool { interval.isIntraday && row.start % 60 != 0 }

    /// Returns the end of the bar a row belongs to and whether the row begins it; `nil` outside the session.
    private func end(of start: Int64) -> (time: Int64, isFirst: Bool)? {
        guard interval.isIntraday else {
            let end = BarEnd(timeframe: timeframe, isStart: true)
            let day = day(start)
            // A month's row is dated by its first day, the last price by its own: both are of that month.
            let first = timeframe.unit == .week || timeframe.unit == .month ? beginOfSpan(day) : day
            return end.time(WrittenTime(day: first), target).map { ($0, true) }
        }
        let session = target.calendar?.session(on: CivilDate(daysSinceEpoch: day(start)))
        if target.calendar != nil, session == nil { return nil }
        let open = session.map { $0.open / 1_000_000_000 }
        let close = session.map { $0.close / 1_000_000_000 }
        if let open, let close, start < open || start >= close { return nil }
        let span = interval.seconds * Int64(interval.count)
        let anchor = interval.count > 1 ? open ?? start - start % span : start
        let begin = anchor + (start - anchor) / span * span
        let end = min(begin + span, close ?? .max)
        return (end * 1_000_000_000, begin == start)
    }

    /// The Monday of a week, the first day of a month or of its quarter.
    private func beginOfSpan(_ day: Int64) -> Int64 {
        let date = CivilDate(daysSinceEpoch: day)
        guard timeframe.unit == .month else { return day - Int64((date.weekday + 6) % 7) }
        let month = (date.month - 1) / timeframe.count * timeframe.count + 1
        return CivilDate(year: date.year, month: month, day: 1)?.daysSinceEpoch ?? day
    }

    private func bar(_ row: YahooChart.Row, _ end: Int64, _ currency: String?) -> Bar? {
        let prices = row.prices.compactMap { $0 }
        guard prices.count == 4 else { return nil }
        let ratio = splits(after: row.start)
        let factor = options.unit(of: currency) * (options.isRaw ? ratio : 1)
        let volume = row.volume ?? 0
        var bar = Bar(
            time: end, open: Self.times(prices[0], factor), high: Self.times(prices[1], factor),
            low: Self.times(prices[2], factor), close: Self.times(prices[3], factor),
            volume: options.isRaw && ratio != 1 ? (volume / ratio).rounded() : volume, instrument: target.reference.id)
        if !options.isRaw, ratio != 1 { bar.flags.insert(.adjusted) }
        return bar
    }

    /// A product without the dust of binary fractions: prices have no more than six decimals.
    private static func times(_ price: Double, _ factor: Double) -> Double {
        factor == 1 ? price : (price * factor * 1e6).rounded() / 1e6
    }

    /// Shares now for one share then.
    private func splits(after time: Int64) -> Double {
        // A split is dated at the open of its day, as that day's bar is.
        events.reduce(1) { day($1.time) > day(time) ? $0 * $1.ratio : $0 }
    }

    /// The local day of an instant.
    private func day(_ second: Int64) -> Int64 {
        (second + target.zone.offset(at: second)).flooredDivision(by: 86_400).quotient
    }

    private func defect(_ row: YahooChart.Row, _ chart: YahooChart) -> Defect {
        Defect(
            instrument: target.reference.id, place: "\(chart.place):\(row.number)", reason: "missing_number",
            message: "the row has some of open, high, low and close, and not all.",
            raw: "\(row.start) " + row.prices.map { $0.map { "\($0)" } ?? "null" }.joined(separator: " "))
    }

    /// The venue's calendar where one is known; else zone and end of the session as Yahoo says.
    private static func target(
        _ target: RowTarget, _ charts: [YahooChart], _ options: YahooOptions
    ) throws(PluginError) -> RowTarget {
        guard target.calendar == nil, let chart = charts.first, let name = chart.zoneName else { return target }
        do throws(ZoneError) {
            return RowTarget(
                target.reference, zone: try Zone(named: name),
                sessionClose: chart.isRoundTheClock ? 86_400 : chart.sessionClose ?? target.sessionClose,
                hasWeekend: !chart.isRoundTheClock)
        } catch { throw PluginError(.environment, "\(options.instance): \(error.description)") }
    }
}
