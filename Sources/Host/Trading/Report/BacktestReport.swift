import HostCore

/// What a back-test found; stored as JSON, shown as text and as a page.
package struct BacktestReport: Sendable, Codable, Hashable {
    /// A curve beside the account's, and what it says.
    package struct Benchmark: Sendable, Codable, Hashable {
        package let name: String
        package let figures: ReturnFigures
        /// Worth at the end of each day, 1 at the first.
        package let curve: [Double]
    }

    /// The return of one month.
    package struct Month: Sendable, Codable, Hashable {
        /// As `2020-03`.
        package let month: String
        package let `return`: Double
    }

    /// What one instrument brought.
    package struct Instrument: Sendable, Codable, Hashable {
        package let instrument: String
        /// Earned and not yet earned, after fees.
        package let profit: Double
        package let fees: Double
        /// Value bought and sold.
        package let traded: Double
        /// Times it was sold whole.
        package let closed: Int
    }

    package let strategy: String
    /// What was run, in words: signal, rule, execution, universe.
    package let configuration: [String: String]
    /// Identity of configuration and data, hexadecimal.
    package let digest: String
    /// First and last day, as `2010-01-04`.
    package let from: String
    package let through: String
    package let bars: Int
    package let capital: Double
    package let equity: Double
    package let figures: ReturnFigures
    /// Probability that the Sharpe ratio is more than the luckiest of `tries` without skill shows.
    package let deflatedSharpe: Double?
    /// Configurations of the strategy that were run so far, this one among them.
    package let tries: Int
    /// Mean of the returns beyond those of equal weights by their standard deviation, a year's.
    package let informationRatio: Double?
    /// Value traded a year, by the mean worth of the account.
    package let turnover: Double?
    /// Mean part of the account that was invested.
    package let exposure: Double
    package let fills: Int
    package let closed: Int
    /// Part of the sales that earned something after fees.
    package let won: Double?
    package let fees: [String: Double]
    /// Orders that were not filled at a bar, by reason.
    package let refused: [String: Int]
    /// Capital at which 95 of 100 fills would just reach the volume cap; `nil` where volumes are not known.
    package let capacity: Double?
    package let benchmarks: [Benchmark]
    package let months: [Month]
    package let instruments: [Instrument]
    /// Days of the curves, and the worth of the account at the end of each.
    package let days: [String]
    package let curve: [Double]

    enum CodingKeys: String, CodingKey {
        case strategy, configuration, digest, from, through, bars, capital, equity, figures, tries, turnover, exposure,
            fills, closed
        case won, fees, refused, capacity, benchmarks, months, instruments, days, curve
        case deflatedSharpe = "deflated_sharpe"
        case informationRatio = "information_ratio"
    }
}

extension BacktestReport {
    /// What surrounds a run.
    package struct Frame: Sendable {
        package var configuration: [String: String]
        package var digest: String
        package var tries: Int
        /// Variance of the Sharpe ratios of the tries, of one return each; `nil` for one without skill.
        package var variance: Double?
        /// Name and closes of an index by day; `nil` for none.
        package var index: (name: String, closes: [Int32: Double])?

        /// Creates a frame.
        package init(
            configuration: [String: String], digest: String, tries: Int = 1, variance: Double? = nil,
            index: (name: String, closes: [Int32: Double])? = nil
        ) {
            self.configuration = configuration
            self.digest = digest
            self.tries = tries
            self.variance = variance
            self.index = index
        }
    }

    /// Judges a session that has ended; `nil` where nothing was ever known to decide by.
    package init?(_ session: TradingSession, _ data: BacktestData, _ frame: Frame) {
        guard let first = session.points.first else { return nil }
        let plan = session.plan
        let beside = Benchmarks(data, members: plan.members.count, from: first.time)
        let days = Self.days(session.points)
        let curve = days.map { (day: $0.day, worth: $0.equity / plan.capital.number) }
        let moments = ReturnMoments(ReturnFigures.returns(curve.map(\.worth)))
        (strategy, configuration, digest, tries) = (plan.id, frame.configuration, frame.digest, frame.tries)
        (from, through) = (TradingDay.text(curve[0].day), TradingDay.text(curve[curve.count - 1].day))
        (bars, capital, equity) = (data.bars.count, plan.capital.number, session.equity.number)
        figures = ReturnFigures(curve)
        deflatedSharpe = moments?.deflated(tries: frame.tries, variance: frame.variance)
        informationRatio = Self.informationRatio(curve, beside)
        let worth = days.reduce(0) { $0 + $1.equity } / Double(days.count)
        let years = Double(curve[curve.count - 1].day - curve[0].day) / 365.25
        let positions = session.account.positions
        let traded = positions.reduce(Money.zero) { $0 + $1.traded }.number
        turnover = years > 0 && worth > 0 ? traded / worth / years : nil
        exposure =
            session.points.reduce(0) { $0 + ($1.equity > .zero ? $1.invested.number / $1.equity.number : 0) }
            / Double(session.points.count)
        fills = session.fills.count
        closed = positions.reduce(0) { $0 + $1.closed }
        let sales = session.fills.filter { $0.side == .sell }
        won = sales.isEmpty ? nil : Double(sales.count { $0.profit > .zero }) / Double(sales.count)
        fees = session.account.fees
        refused = Dictionary(uniqueKeysWithValues: session.refusals.map { ($0.key.rawValue, $0.value) })
        capacity = Self.capacity(session)
        benchmarks = Self.benchmarks(beside, curve.map(\.day), frame)
        months = Self.months(curve)
        instruments = Self.instruments(session)
        self.days = curve.map { TradingDay.text($0.day) }
        self.curve = curve.map(\.worth)
    }

    /// The worth at the end of each day, UTC.
    fileprivate static func days(_ points: [TradingSession.Point]) -> [(day: Int32, equity: Double)] {
        var days: [(day: Int32, equity: Double)] = []
        for point in points {
            let day = TradingDay.day(of: point.time, offset: 0)
            if days.last?.day == day { days.removeLast() }
            days.append((day, point.equity.number))
        }
        return days
    }

    private static func informationRatio(_ curve: [(day: Int32, worth: Double)], _ beside: Benchmarks) -> Double? {
        let years = Double((curve.last?.day ?? 0) - (curve.first?.day ?? 0)) / 365.25
        guard beside.days == curve.map(\.day), years > 0 else { return nil }
        let (own, other) = (ReturnFigures.returns(curve.map(\.worth)), ReturnFigures.returns(beside.equalWeight))
        let active = zip(own, other).map { $0 - $1 }
        return ReturnMoments(active)?.sharpe.map { $0 * (Double(active.count) / years).squareRoot() }
    }

    private static func capacity(_ session: TradingSession) -> Double? {
        let shares = session.shares.filter { $0 > 0 && $0.isFinite }.sorted()
        guard !shares.isEmpty, session.plan.execution.participation < 1 else { return nil }
        let high = shares[min(shares.count - 1, shares.count * 95 / 100)]
        return session.plan.capital.number * session.plan.execution.participation / high
    }

    private static func benchmarks(_ beside: Benchmarks, _ days: [Int32], _ frame: Frame) -> [Benchmark] {
        var all = [
            Benchmark("buy and hold", beside.days, beside.buyAndHold),
            Benchmark("equal weight", beside.days, beside.equalWeight),
        ]
        if let index = frame.index {
            var last = Double.nan
            let closes = days.map { day -> Double in
                last = index.closes[day] ?? last
                return last
            }
            if let first = closes.first(where: { !$0.isNaN }) {
                all.append(Benchmark(index.name, days, closes.map { $0.isNaN ? 1 : $0 / first }))
            }
        }
        return all
    }

    private static func months(_ curve: [(day: Int32, worth: Double)]) -> [Month] {
        var months: [Month] = []
        var (begin, last) = (curve.first?.worth ?? 1, curve.first?.worth ?? 1)
        var current = ""
        for (day, worth) in curve {
            let month = String(TradingDay.text(day).prefix(7))
            if month != current {
                if !current.isEmpty { months.append(Month(month: current, return: last / begin - 1)) }
                (begin, current) = (last, month)
            }
            last = worth
        }
        if !current.isEmpty { months.append(Month(month: current, return: last / begin - 1)) }
        return months
    }

    private static func instruments(_ session: TradingSession) -> [Instrument] {
        session.account.positions.enumerated().filter { $0.element.traded > .zero }.map { place, position in
            Instrument(
                instrument: session.plan.members[place].name,
                profit: (position.earned + session.value(of: place) - position.cost).number,
                fees: position.fees.total.number,
                traded: position.traded.number, closed: position.closed)
        }.sorted { ($1.profit, $0.instrument) < ($0.profit, $1.instrument) }
    }
}

extension BacktestReport.Benchmark {
    init(_ name: String, _ days: [Int32], _ curve: [Double]) {
        self.init(name: name, figures: ReturnFigures(zip(days, curve).map { (day: $0, worth: $1) }), curve: curve)
    }
}

extension TradingSession {
    /// Mean of the returns of days by their standard deviation; `nil` where they are fewer than three, or all the same.
    package var dailySharpe: Double? {
        ReturnMoments(ReturnFigures.returns(BacktestReport.days(points).map(\.equity)))?.sharpe
    }
}
