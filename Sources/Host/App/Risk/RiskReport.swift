import CivilTime
import FoundationEssentials
import HostCore
import PluginKit

/// What the risk service says, as the gateway answers it and the command line reads it.
package enum RiskReport {
    /// A position as it stands.
    package struct PositionRow: Codable, Sendable {
        package let instrument: String
        package let quantity: Double
        package let cost: Double?
        package let currency: String
        package let multiplier: Double
        package let rate: Double
        package let price: Double?
        package let priceTime: String?
        package let value: Double
        package let profit: Double

        enum CodingKeys: String, CodingKey {
            case instrument, quantity, cost, currency, multiplier, rate, price, value, profit
            case priceTime = "price_time"
        }

        init(_ holding: RiskBook.Holding) {
            let position = holding.position
            (instrument, quantity, cost) = (position.instrument.description, position.quantity, position.cost)
            (currency, multiplier, rate) = (position.currency, position.multiplier, holding.rate)
            price = holding.price.isNaN ? nil : holding.price
            priceTime = holding.priceTime.map { ISO8601.format($0) }
            (value, profit) = (holding.value, holding.profit)
        }
    }

    /// What is held.
    package struct Positions: Codable, Sendable {
        package let source: String
        package let fault: String?
        package let positions: [PositionRow]
    }

    /// What a rule measures now.
    package struct Reading: Codable, Sendable {
        package let rule: String
        package let subject: String
        package let unit: String
        package let value: Double
        package let limit: Double
        package let broken: Bool
    }

    /// How much is at stake.
    package struct Exposure: Codable, Sendable {
        package let currency: String
        package let time: String?
        package let positions: Int
        package let unpriced: Int
        package let gross: Double
        package let net: Double
        package let equity: Double?
        package let peak: Double?
        package let dailyLoss: Double?
        package let drawdown: Double?
        package let traded: Double
        package let groups: [String: Double]
        package let window: Int
        package let covered: Int
        package let valueAtRisk: Double?
        package let expectedShortfall: Double?
        package let weightedValueAtRisk: Double?
        package let weightedShortfall: Double?
        package let limitsVersion: Int
        package let open: Int
        package let suppressed: Int
        package let refusedPrices: Int
        package let readings: [Reading]

        enum CodingKeys: String, CodingKey {
            case currency, time, positions, unpriced, gross, net, equity, peak, drawdown, traded, groups, window,
                covered
            case open, suppressed, readings
            case dailyLoss = "daily_loss"
            case valueAtRisk = "value_at_risk"
            case expectedShortfall = "expected_shortfall"
            case weightedValueAtRisk = "ewma_value_at_risk"
            case weightedShortfall = "ewma_expected_shortfall"
            case limitsVersion = "limits_version"
            case refusedPrices = "refused_prices"
        }

        init(_ engine: RiskEngine) {
            let (state, book) = (engine.state, engine.state.book)
            (currency, limitsVersion) = (engine.limits.currency, engine.version)
            time = state.now > 0 ? ISO8601.format(state.now) : nil
            (positions, unpriced, gross, net) = (book.holdings.count, book.unpriced, book.gross, book.net)
            peak = state.account.peak
            let isKnown = peak != nil
            equity = isKnown ? state.account.equity : nil
            dailyLoss = isKnown ? state.account.dailyLoss : nil
            drawdown = isKnown ? state.account.drawdown : nil
            traded = state.account.traded
            groups = Dictionary(zip(book.groups, book.groupGross), uniquingKeysWith: { first, _ in first })
            (window, covered) = (book.scenarios.count, book.scenarios.covered)
            let history = book.scenarios.history(0.99)
            let weighted = book.scenarios.weighted(0.99)
            (valueAtRisk, expectedShortfall) = (history?.valueAtRisk, history?.shortfall)
            (weightedValueAtRisk, weightedShortfall) = (weighted?.valueAtRisk, weighted?.shortfall)
            (open, suppressed, refusedPrices) = (
                engine.alerts.all.count, engine.alerts.suppressed, engine.refusedPrices
            )
            readings = engine.measured().map { limit, reading in
                Reading(
                    rule: limit.rule, subject: engine.name(of: reading.subject),
                    unit: RiskRules.named(limit.rule)?.unit.rawValue ?? "", value: reading.value, limit: reading.limit,
                    broken: reading.value > reading.limit)
            }
        }

        /// Reads a report back.
        package static func read(_ json: [UInt8]) -> Exposure? { RiskReport.decoded(json) }
    }

    /// An alert.
    package struct AlertRow: Codable, Sendable {
        package let id: Int64
        package let rule: String
        package let subject: String
        package let severity: String
        package let state: String
        package let drill: Bool
        package let value: Double
        package let limit: Double
        package let message: String
        package let openedAt: String
        package let changedAt: String
        package let acknowledgedBy: String?
        package let limitsVersion: Int

        enum CodingKeys: String, CodingKey {
            case id, rule, subject, severity, state, drill, value, limit, message
            case openedAt = "opened_at"
            case changedAt = "changed_at"
            case acknowledgedBy = "acknowledged_by"
            case limitsVersion = "limits_version"
        }

        init(_ alert: RiskAlert) {
            (id, rule, severity, state) = (alert.id, alert.rule, alert.severity.rawValue, alert.state.rawValue)
            subject = alert.instrument.isEmpty ? alert.subject : alert.instrument
            (drill, value, limit, message) = (alert.isDrill, alert.value, alert.limit, alert.message)
            openedAt = ISO8601.format(alert.openedAt)
            changedAt = ISO8601.format(alert.changedAt)
            acknowledgedBy = alert.acknowledgedBy.isEmpty ? nil : alert.acknowledgedBy
            limitsVersion = alert.limitsVersion
        }
    }

    /// Alerts, and how far each sink is with them.
    package struct Alerts: Codable, Sendable {
        /// How a sink stands.
        package struct SinkRow: Codable, Sendable {
            package let sink: String
            package let told: Int64
            package let waiting: Int64
            package let dropped: Int
            package let fault: String?
        }

        package let alerts: [AlertRow]
        package let sinks: [SinkRow]

        /// Reads a report back.
        package static func read(_ json: [UInt8]) -> Alerts? { RiskReport.decoded(json) }
    }

    /// What is allowed.
    package struct Limits: Codable, Sendable {
        package struct Row: Codable, Sendable {
            package let rule: String
            package let limit: Double?
            package let of: [String: Double]
            package let unit: String
            package let severity: String
            package let clear: Double
        }

        package let version: Int
        package let currency: String
        package let limits: [Row]

        init(_ engine: RiskEngine) {
            (version, currency) = (engine.version, engine.limits.currency)
            limits = engine.limits.limits.map {
                Row(
                    rule: $0.rule, limit: $0.limit, of: $0.of, unit: RiskRules.named($0.rule)?.unit.rawValue ?? "",
                    severity: $0.severity.rawValue, clear: $0.clear)
            }
        }
    }

    /// What an order would do.
    package struct Check: Codable, Sendable {
        package let allowed: Bool
        package let price: Double
        package let breaches: [Reading]

        /// Reads a report back.
        package static func read(_ json: [UInt8]) -> Check? { RiskReport.decoded(json) }
    }

    static func decoded<Report: Decodable>(_ json: [UInt8]) -> Report? {
        try? JSONDecoder().decode(Report.self, from: Data(json))
    }
}
