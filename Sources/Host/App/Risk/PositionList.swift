import DelimitedText
import FoundationEssentials
import HostCore
import HostManifest
import PluginKit

/// Positions as they are written: in a request, in the state database, in a file.
struct PositionList: Codable, Sendable, Hashable {
    /// A position as it is written.
    struct Row: Codable, Sendable, Hashable {
        let instrument: String
        let quantity: Double
        var cost: Double?
        var currency: String?
        var multiplier: Double?
    }

    /// The rows.
    var positions: [Row]

    private static let sizeLimit = 16 << 20
    private static let most = 100_000

    /// Creates a list of rows.
    init(_ rows: [Row]) { positions = rows }

    /// Creates a list of what is held.
    init(_ positions: [Position]) {
        self.positions = positions.map {
            Row(
                instrument: $0.instrument.description, quantity: $0.quantity, cost: $0.cost, currency: $0.currency,
                multiplier: $0.multiplier)
        }
    }

    /// Reads JSON; throws `.badRequest` where it is none of this form.
    init(json: [UInt8]) throws(PluginError) {
        do { self = try JSONDecoder().decode(PositionList.self, from: Data(json)) } catch {
            throw PluginError(
                .badRequest,
                "risk: the positions cannot be read: \(RiskBody.words(error)); allowed {\"positions\": [{\"instrument\", \"quantity\", and "
                    + "where wanted \"cost\", \"currency\", \"multiplier\"}]}.")
        }
    }

    /// Reads a CSV file with a header; throws `.badRequest` with the line of a fault.
    init(file: String) throws(PluginError) {
        let records = try Self.records(of: file)
        let columns = (records.first ?? []).map { $0.lowercased().filter { !$0.isWhitespace } }
        guard let instrument = columns.firstIndex(of: "instrument"), let quantity = columns.firstIndex(of: "quantity")
        else {
            throw PluginError(
                .badRequest,
                "risk: \(PluginError.quoted(file)) has no columns 'instrument' and 'quantity' in its first line; allowed are "
                    + "instrument, quantity, cost, currency, multiplier. Write that line.")
        }
        func text(_ record: [String], _ name: String) -> String? {
            columns.firstIndex(of: name).flatMap { $0 < record.count && !record[$0].isEmpty ? record[$0] : nil }
        }
        var rows: [Row] = []
        for (line, record) in records.enumerated().dropFirst() {
            guard record.count > max(instrument, quantity), let held = Double(record[quantity]) else {
                throw PluginError(
                    .badRequest,
                    "risk: \(PluginError.quoted(file)), record \(line + 1) has no number as quantity. Correct it.")
            }
            rows.append(
                Row(
                    instrument: record[instrument], quantity: held,
                    cost: text(record, "cost").map { Double($0) ?? .nan },
                    currency: text(record, "currency"),
                    multiplier: text(record, "multiplier").map { Double($0) ?? .nan }))
        }
        positions = rows
    }

    private static func records(of file: String) throws(PluginError) -> [[String]] {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) { bytes = try SmallFile.read(file, limit: sizeLimit) } catch {
            throw PluginError(.badRequest, "risk: \(PluginError.quoted(file)) cannot be read: \(error.reason).")
        }
        do { return try TextRecords.split(bytes) } catch {
            throw PluginError(.badRequest, "risk: \(PluginError.quoted(file)) cannot be read: \(error)")
        }
    }

    /// Returns what is held, where every row can be; throws `.badRequest` with all faults.
    func checked(_ declaration: RiskDeclaration, _ directory: InstrumentTable) throws(PluginError) -> [Position] {
        guard positions.count <= Self.most else {
            throw PluginError(
                .badRequest,
                "risk: \(positions.count) positions are more than the \(Self.most) that are allowed. Hold fewer.")
        }
        var faults: [String] = []
        var found: [Position] = []
        var seen: Set<Instrument> = []
        for row in positions {
            do throws(PluginError) {
                let position = try Self.position(row, declaration, directory)
                guard seen.insert(position.instrument).inserted else {
                    throw PluginError(.badRequest, "\(position.instrument) is there twice; allowed once. Add them up.")
                }
                if position.quantity != 0 { found.append(position) }
            } catch { faults.append(error.message) }
        }
        guard faults.isEmpty else {
            let shown = faults.prefix(5).joined(separator: " ")
            throw PluginError(
                .badRequest,
                "risk: \(faults.count) of \(positions.count) positions cannot be held, so none was taken: \(shown)")
        }
        return found
    }

    private static func position(
        _ row: Row, _ declaration: RiskDeclaration, _ directory: InstrumentTable
    ) throws(PluginError) -> Position {
        let shown = PluginError.quoted(row.instrument)
        guard let id = directory.id(meantBy: row.instrument) else {
            throw PluginError(
                .badRequest, "\(shown) is no instrument of a pipeline, so it would never have a price. Add it to one.")
        }
        guard row.quantity.isFinite, row.cost?.isFinite ?? true, (row.multiplier ?? 1) > 0,
            row.multiplier?.isFinite ?? true
        else {
            throw PluginError(
                .badRequest,
                "\(shown) has a quantity, cost or multiplier that is no finite number, or a multiplier not above 0.")
        }
        let currency = row.currency ?? declaration.currency
        guard declaration.rate(of: currency) != nil else {
            throw PluginError(
                .badRequest,
                "\(shown) is in \(PluginError.quoted(currency)), which has no rate; known \(declaration.currencies). Add it to 'risk.rates'."
            )
        }
        return Position(
            instrument: directory.instrument(id), quantity: row.quantity, cost: row.cost, currency: currency,
            multiplier: row.multiplier ?? 1)
    }
}

extension RiskDeclaration {
    /// Base currency for one unit of a currency; `nil` where nobody said.
    func rate(of currency: String) -> Double? { currency == self.currency ? 1 : rates[currency] }

    /// The currencies that have a rate.
    var currencies: String { ([currency] + rates.keys.sorted()).joined(separator: ", ") }

    /// What is allowed, for the engine.
    var engineLimits: RiskLimits {
        var all = RiskLimits()
        all.currency = currency
        all.capital = capital
        all.window = window
        all.cooldown = cooldown.nanoseconds
        all.silences = silences.mapValues { $0.compactMap { SilenceWindow($0) } }
        all.limits = limits.map { one in
            RiskLimit(
                rule: one.rule, limit: one.limit, of: one.of, clear: one.clear,
                severity: Alert.Severity(rawValue: one.severity) ?? .warning,
                escalateAfter: one.escalateAfter?.nanoseconds, confidence: one.confidence)
        }
        return all
    }
}

extension Duration {
    /// Whole nanoseconds.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

/// Bodies of requests to the risk service.
enum RiskBody {
    /// What was bought or sold.
    struct Fills: Decodable {
        struct Row: Decodable {
            let id: String
            let instrument: String
            let quantity: Double
            let price: Double
        }

        let fills: [Row]
    }

    /// An order before it is sent.
    struct Order: Decodable {
        let instrument: String
        let quantity: Double
        var price: Double?
    }

    /// Reads a body; throws `.badRequest` that says what is allowed.
    static func read<Body: Decodable>(_ type: Body.Type, _ json: [UInt8], allowed: String) throws(PluginError) -> Body {
        do { return try JSONDecoder().decode(type, from: Data(json)) } catch {
            throw PluginError(.badRequest, "risk: the body cannot be read: \(words(error)); allowed \(allowed).")
        }
    }

    /// Why JSON cannot be read.
    static func words(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another type"
        default: "it is no JSON"
        }
    }
}
