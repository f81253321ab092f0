import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/ai/predictions` and `/api/v2/ai/models/{model}/status`.
struct PredictionAnswers: Sendable {
    /// How many predictions one answer holds.
    static let limit = Parameter("limit", .count(1...most), standard: "\(most)")
    private static let most = 10_000

    private let view: HostView

    /// Creates the routes over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers with the newest predictions; without `symbols` those of every instrument, which may be none.
    func predictions(_ request: EndpointRequest, _ readiness: Readiness) async throws -> Reply {
        let query = request.query
        let model = query["model"]
        if let model, view.models.entries(model).isEmpty { throw unknownModel(model) }
        if PredictionHistory.isAsked(query) { return try await PredictionHistory(view).reply(request) }
        let filter = PipelineFilter(query)
        guard query["symbols"] != nil else {
            let all = view.latest.instruments.flatMap {
                fragments($0, view.instruments.instrument($0), filter, model: model)
            }
            if all.isEmpty, !readiness.waiting.isEmpty {
                throw SymbolList.Resolved().fault(empty: [], of: "prediction")
            }
            return try Self.reply(all, request)
        }
        let found = SymbolList(query).resolve(in: view.instruments)
        var rows: [[UInt8]] = []
        var empty: [String] = []
        for (instrument, id) in found.known {
            let own = fragments(id, instrument, filter, model: model)
            if own.isEmpty { empty.append(instrument.description) } else { rows += own }
        }
        guard !rows.isEmpty else { throw found.fault(empty: empty, of: "prediction") }
        return try Self.reply(rows, request, unknown: found.unknown, empty: empty)
    }

    /// Answers with what is known of a model, its card included; of several pipelines with it, the one asked for or the
    /// first.
    func model(_ id: String, _ query: QueryParameters) throws(GatewayError) -> Reply {
        let entries = view.models.entries(id)
        guard !entries.isEmpty else { throw unknownModel(id) }
        let pipeline = query["pipeline"]
        guard let entry = entries.first(where: { pipeline == nil || $0.pipeline == pipeline }) else {
            let known = entries.map(\.pipeline).joined(separator: ", ")
            throw .badParameter("pipeline", pipeline ?? "", allowed: "a pipeline with this model: \(known)")
        }
        var json = JSONText(capacity: entry.card.count + 256)
        json.object { json in
            json.field("model", entry.model)
            json.field("pipeline", entry.pipeline)
            json.field("pipelines", entries.map(\.pipeline))
            json.field("plugin", entry.plugin)
            json.field("state", entry.state)
            json.field("origin", entry.origin)
            json.field("progress", entry.progress)
            json.field("message", entry.message)
            json.field("version", entry.version)
            json.key("card")
            if entry.card.isEmpty { json.null() } else { json.raw(entry.card) }
        }
        return Reply(json)
    }

    /// Returns the predictions for an instrument as JSON texts.
    func fragments(
        _ id: InstrumentID, _ instrument: Instrument, _ filter: PipelineFilter = PipelineFilter(), model: String? = nil
    ) -> [[UInt8]] {
        view.latest.predictions(id)
            .filter { (model == nil || $0.model == model) && filter.takes($0.pipeline, $0.timeframe) }
            .map { Self.json($0, instrument) }
    }

    private static func reply(
        _ all: [[UInt8]], _ request: EndpointRequest, unknown: [String] = [], empty: [String] = []
    ) throws(GatewayError) -> Reply {
        let page = try Page(all, request, most: most)
        return reply(page.rows, next: page.next, unknown: unknown, empty: empty)
    }

    /// Returns a page of predictions as JSON.
    static func reply(
        _ rows: some Collection<[UInt8]>, next: String?, unknown: [String], empty: [String]
    ) -> Reply {
        var json = JSONText(capacity: rows.reduce(256) { $0 + $1.count + 1 })
        json.object { json in
            json.field("count", rows.count)
            json.key("predictions")
            json.array { for row in rows { $0.raw(row) } }
            if let next { json.field("next_cursor", next) }
            json.field("unknown", unknown)
            json.field("no_data", empty)
        }
        return Reply(next: next, isEmpty: rows.isEmpty, json)
    }

    private static func json(_ entry: LatestValues.PredictionEntry, _ instrument: Instrument) -> [UInt8] {
        json(
            instrument, model: entry.model, target: entry.target, version: entry.version,
            value: entry.prediction.value, interval: entry.interval, abstains: entry.abstains,
            members: entry.members, price: entry.prediction.price, time: entry.prediction.time,
            pipeline: entry.pipeline,
            flags: entry.prediction.flags)
    }

    /// Returns a prediction as JSON.
    static func json(
        _ instrument: Instrument, model: String, target: String, version: Int, value: Double,
        interval: PredictionBatch.Interval? = nil, abstains: Bool? = nil, members: Int? = nil, price: Double,
        time: Int64,
        pipeline: String, flags: EventFlags
    ) -> [UInt8] {
        var json = JSONText(capacity: 256)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("model", model)
            json.field("target", target)
            json.field("version", version)
            json.field("value", value)
            if let interval {
                json.field("lower", interval.lower)
                json.field("upper", interval.upper)
            }
            if let abstains { json.field("abstain", abstains) }
            if let members { json.field("members", members) }
            json.field("price", price)
            json.field("time", time: time)
            json.field("pipeline", pipeline)
            json.field("flags", flags.names)
        }
        return json.bytes
    }

    private func unknownModel(_ model: String) -> GatewayError {
        .unknownModel(model, known: view.models.all.map(\.model))
    }
}
