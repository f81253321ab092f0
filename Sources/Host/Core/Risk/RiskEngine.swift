package import PluginKit

/// Measures rules as prices come, and keeps their alerts: a value, without I/O and without a clock of its own.
package struct RiskEngine: Sendable {
    /// What rules measure.
    package private(set) var state = RiskState()
    /// What is allowed.
    package private(set) var limits = RiskLimits()
    /// Counts the limits that were different from those before, from 1.
    package private(set) var version = 0
    /// The alerts that are not resolved.
    package private(set) var alerts: AlertBook
    /// Prices that no price can be.
    package private(set) var refusedPrices = 0
    private var rules: [any RiskRule] = []
    private var readings: [RiskReading] = []
    private var hasBook = false
    private let directory: InstrumentTable

    /// Creates an engine that knows no position and allows everything.
    package init(_ directory: InstrumentTable, alerts: AlertBook = AlertBook(), account: RiskAccount = RiskAccount()) {
        self.directory = directory
        self.alerts = alerts
        state.account = account
    }

    /// Goes on with alerts of an earlier run.
    package mutating func resume(_ found: [RiskAlert]) {
        for alert in found {
            var subject = RiskSubject(name: alert.subject)
            if let instrument = try? Instrument(parsing: alert.instrument) {
                subject.instrument = directory.intern(instrument)
            }
            alerts.resume(alert, subject)
        }
    }

    /// Goes over to other limits.
    package mutating func set(_ limits: RiskLimits, version: Int, at now: Int64) {
        self.limits = limits
        self.version = version
        state.capital = limits.capital
        rules = limits.limits.compactMap { RiskRules.make($0) }
        pass(now)
        measureEverything()
    }

    /// Goes over to other positions. Equity stays what it was: what the old ones had won counts as certain.
    package mutating func set(_ book: RiskBook, at now: Int64, keepingEquity: Bool = true) {
        pass(now)
        if keepingEquity { state.account.realised += state.book.profit - book.profit }
        if state.book.holdings.isEmpty { state.since = now }
        state.book = book
        hasBook = true
        settle()
        measureEverything()
    }

    /// Puts the past under the positions.
    package mutating func set(_ scenarios: Scenarios, at now: Int64) {
        pass(now)
        state.book.set(scenarios)
        measureEverything()
    }

    /// Takes the newest price of an instrument, and measures what it touches.
    package mutating func take(_ price: Double, at time: Int64, of id: InstrumentID, now: Int64) {
        guard let place = state.book.place(of: id) else { return }
        pass(now)
        guard price.isFinite, price != 0 else {
            refusedPrices += 1
            return
        }
        guard state.book.set(price: price, at: time, of: id) else { return }
        settle()
        measure(.price(place))
    }

    /// Takes in a trade: its value for turnover, its profit that is certain. The book after it is set by the caller.
    package mutating func trade(value: Double, profit: Double, at now: Int64) {
        pass(now)
        state.account.trade(value, at: now)
        state.account.realised += profit
    }

    /// Lets time go by.
    package mutating func tick(
        at now: Int64, lag: [(instrument: InstrumentID, lag: Int64)] = [], drift: [(model: String, index: Double)] = []
    ) {
        pass(now)
        (state.predictionLag, state.drift) = (lag, drift)
        measure(.tick)
    }

    /// Notes that somebody knows of an alert; `nil` where no such one is open.
    package mutating func acknowledge(_ id: Int64, by name: String) -> RiskAlert? {
        alerts.acknowledge(id, by: name, now: state.now, limits)
    }

    /// Tests the way to those who are told.
    package mutating func drill(_ rule: String, at now: Int64) -> RiskAlert {
        let severity = limits.limits.first { $0.rule == rule }?.severity ?? .warning
        return alerts.drill(rule, severity, version: version, now: now)
    }

    /// Takes the changes of alerts since the last call.
    package mutating func takeChanges() -> [AlertChange] { alerts.take() }

    /// Returns what every rule measures now, with the rule's name.
    package func measured() -> [(limit: RiskLimit, reading: RiskReading)] {
        var found: [(RiskLimit, RiskReading)] = []
        for rule in rules {
            var own: [RiskReading] = []
            rule.measure(state, .everything, into: &own)
            found += own.map { (rule.limit, $0) }
        }
        return found
    }

    /// Returns the engine as it would be with another book: for the check before a trade.
    package func with(_ book: RiskBook, traded value: Double) -> RiskEngine {
        var other = self
        var book = book
        book.set(state.book.scenarios)
        other.state.book = book
        other.state.account.traded += abs(value)
        return other
    }

    /// Returns what a subject is called.
    package func name(of subject: RiskSubject) -> String {
        subject.instrument.map { directory.instrument($0).description } ?? subject.name
    }

    // MARK: Measuring

    private mutating func pass(_ now: Int64) { state.now = max(state.now, now) }

    /// Takes equity in once every position has a price: before that it would jump with each first price.
    private mutating func settle() {
        guard state.book.unpriced == 0 else { return }
        let equity = limits.capital + state.account.realised + state.book.profit
        state.account.set(equity: equity, at: state.now)
    }

    private mutating func measure(_ occasion: RiskOccasion) {
        for rule in rules {
            readings.removeAll(keepingCapacity: true)
            rule.measure(state, occasion, into: &readings)
            judge(rule)
        }
    }

    private mutating func judge(_ rule: any RiskRule) {
        guard !readings.isEmpty else { return }
        let around = circumstances(rule)
        for reading in readings { alerts.judge(reading, around) }
    }

    private mutating func measureEverything() {
        // Before positions are known, alerts of an earlier run stay as they are.
        guard hasBook else { return }
        for rule in rules {
            readings.removeAll(keepingCapacity: true)
            rule.measure(state, .everything, into: &readings)
            judge(rule)
            let (seen, book) = (Set(readings.map(\.subject)), state.book)
            alerts.resolve(rule.limit.rule, now: state.now, limits, because: "nothing is held of it any more.") {
                !seen.contains($0) && Self.isGone($0, from: book)
            }
        }
        let known = Set(rules.map(\.limit.rule))
        for rule in alerts.rules.subtracting(known) {
            alerts.resolve(rule, now: state.now, limits, because: "the rule has no limit any more.") { _ in true }
        }
    }

    private static func isGone(_ subject: RiskSubject, from book: RiskBook) -> Bool {
        if let instrument = subject.instrument { return book.place(of: instrument) == nil }
        return book.holdings.isEmpty
    }

    private func circumstances(_ rule: any RiskRule) -> AlertBook.Circumstances {
        let (directory, limits) = (directory, limits)
        let type = Swift.type(of: rule)
        return AlertBook.Circumstances(
            limit: rule.limit, limits: limits, version: version, now: state.now,
            instrument: { directory.instrument($0).description },
            message: { reading in
                let name =
                    reading.subject.instrument.map { directory.instrument($0).description } ?? reading.subject.name
                let whose = name.isEmpty ? "" : " of \(name)"
                let value = RiskText.amount(reading.value, type.unit, limits.currency)
                let limit = RiskText.amount(reading.limit, type.unit, limits.currency)
                let place = reading.value > reading.limit ? "above" : "within"
                return "\(type.words)\(whose) is \(value), \(place) its limit of \(limit)."
            })
    }
}

/// Numbers of rules in words.
package enum RiskText {
    /// Returns a number with its unit: `1234567.89 CNY`, `12.35 %`, `90 s`.
    package static func amount(_ value: Double, _ unit: RiskUnit, _ currency: String) -> String {
        switch unit {
        case .currency: "\(rounded(value, 2)) \(currency)"
        case .fraction: "\(rounded(value * 100, 2)) %"
        case .seconds: "\(rounded(value, 1)) s"
        case .number: rounded(value, 4)
        }
    }

    private static func rounded(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
        let number = (value * scale).rounded() / scale
        return number == number.rounded() ? "\(Int64(number))" : "\(number)"
    }
}
