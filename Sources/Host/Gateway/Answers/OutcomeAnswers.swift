import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/ai/outcomes`: stored predictions with what came, in the order in which it became known.
struct OutcomeAnswers: Sendable {
    private static let most = 10_000
    /// The parameters of the route.
    static let parameters = [
        Parameter("model", .id, standard: "every model"),
        Parameter("symbols", .symbols(SymbolList.most), standard: "every instrument"),
        Parameter("pipeline", .id, standard: "every pipeline"),
        Parameter("stage", .word(["champion", "shadow"]), standard: "champion"),
        Parameter("from", .time, standard: "the first outcome"),
        Parameter("to", .time, standard: "the last outcome"),
        Parameter("limit", .count(1...most), standard: "1000"),
    ]

    private let view: HostView

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers with the last outcomes that match, which may be none.
    func reply(_ query: QueryParameters) async throws -> Reply {
        var (asked, found) = try OutcomeQuery.asked(query, of: "outcome", view.instruments)
        asked.ofShadows = query["stage"] == "shadow"
        // The store may have those of a model that runs no more; of one that never was there is nothing to say.
        let known = view.models.all
        let rows = try await outcomes(asked)
        if let model = asked.model, rows.isEmpty, !known.contains(where: { $0.model == model }) {
            throw GatewayError.unknownModel(model, known: known.map(\.model))
        }
        return Reply(isEmpty: rows.isEmpty, Self.json(rows, unknown: found.unknown))
    }

    private func outcomes(_ query: OutcomeQuery) async throws -> [StoredOutcome] {
        do throws(PluginError) {
            return try await view.outcomes?.outcomes(query) ?? []
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    private static func json(_ rows: [StoredOutcome], unknown: [String]) -> JSONText {
        var json = JSONText(capacity: 256 + rows.count * 260)
        json.object { json in
            json.field("count", rows.count)
            json.key("outcomes")
            json.array { json in for row in rows { append(row, to: &json) } }
            json.field("unknown", unknown)
        }
        return json
    }

    private static func append(_ row: StoredOutcome, to json: inout JSONText) {
        json.object { json in
            json.field("symbol", row.instrument.code)
            json.field("instrument", row.instrument.description)
            json.field("pipeline", row.pipeline)
            json.field("timeframe", row.timeframe)
            json.field("model", row.outcome.model)
            json.field("time", time: row.outcome.time)
            json.field("predicted_at", time: row.outcome.predictedAt)
            json.field("horizon", row.outcome.horizon)
            json.field("value", row.outcome.value)
            json.field("actual", row.outcome.actual)
            json.field("error", row.outcome.error)
            json.field("version", row.version)
            json.field("stage", row.isShadow ? "shadow" : "champion")
            json.field("flags", row.outcome.flags.names)
        }
    }
}

extension OutcomeQuery {
    /// Reads what a request asks the store for; `what` are the values.
    static func asked(
        _ query: QueryParameters, of what: String, _ table: InstrumentTable
    ) throws(GatewayError) -> (query: OutcomeQuery, symbols: SymbolList.Resolved) {
        var asked = OutcomeQuery()
        asked.model = query["model"]
        asked.pipeline = query["pipeline"]
        asked.timeframe = query["timeframe"].flatMap { Timeframe($0) }
        let found = SymbolList(query).resolve(in: table)
        if query["symbols"] != nil {
            guard !found.known.isEmpty else { throw found.fault(empty: [], of: what) }
            asked.instruments = found.known.map(\.instrument)
        }
        let from = query["from"].flatMap { ParameterType.times($0) }?.lowerBound ?? .min
        let to = query["to"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
        guard from <= to else {
            throw .badParameter("from", query["from"] ?? "", allowed: "a time that is not after 'to'")
        }
        asked.range = from...to
        asked.limit = query["limit"].flatMap { Int($0) } ?? asked.limit
        return (asked, found)
    }
}
