import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/stocks/{symbol}/explain`: a bar back to its source, and what was predicted from it back to the version of the model and what
/// that saw.
struct ExplainAnswers: Sendable {
    /// The parameters of the route.
    static let parameters = [
        Parameter("time", .time, standard: "the last bar"),
        Parameter(
            "timeframe", .timeframe, standard: "that of the first pipeline, by id, that has a bar of it, else 1d"),
    ]
    /// Indicators see this many bars up to the one that is explained.
    private static let mostBars = 100_000

    /// One prediction, from the store or, where that has none any more, as it was last made.
    private struct Made {
        let model: String
        let pipeline: String
        let target: String
        let version: Int
        let value: Double
        let flags: EventFlags
    }

    private let view: HostView
    private let control: IndicatorControl?

    /// Creates the route over a host; without a control it says nothing of features.
    init(_ view: HostView, _ control: IndicatorControl?) { (self.view, self.control) = (view, control) }

    /// Answers for the last bar, or the last up to a time.
    func reply(_ request: EndpointRequest) async throws -> Reply {
        let (instrument, id) = try view.known(request.name)
        let entries = id.map { view.latest.entries($0) } ?? []
        let timeframe =
            request.query["timeframe"].flatMap { Timeframe($0) } ?? entries.first { $0.event.bar != nil }?.timeframe
            ?? Timeframe(1, .day)
        let time = request.query["time"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
        guard let bar = try await bars(instrument, timeframe, upTo: time, limit: 1).last else {
            throw GatewayError(
                .noData, "gateway: no bar of \(instrument) at \(timeframe) was stored up to then. Ask another 'time'.")
        }
        let made = try await predictions(id, instrument, timeframe, from: bar)
        let values = try await features(of: made, id, instrument, timeframe, upTo: bar.bar.time)
        var json = JSONText(capacity: 4_096)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("timeframe", timeframe.description)
            json.key("bar")
            json.append(bar)
            json.field("version", bar.version)
            json.field("known_at", time: bar.knownAt)
            json.field("stored_at", time: bar.storedAt)
            json.field("source", bar.provenance.source)
            json.field("attempts", bar.provenance.attempts)
            json.field("came", bar.provenance.reason.rawValue)
            if let time = bar.provenance.fetchedAt { json.field("fetched_at", time: time) }
            json.key("predictions")
            json.array { json in for one in made { append(one, values, to: &json) } }
        }
        return Reply(json)
    }

    private func append(_ made: Made, _ values: [String: Double], to json: inout JSONText) {
        let model = view.models.entry(made.model, in: made.pipeline)
        json.object { json in
            json.field("model", made.model)
            json.field("pipeline", made.pipeline)
            json.field("plugin", model?.plugin ?? "")
            json.field("origin", model?.origin ?? "")
            json.field("target", made.target)
            json.field("version", made.version)
            json.field("value", made.value)
            json.field("flags", made.flags.names)
            json.key("features")
            json.array { json in
                for column in control?.columns(made.model, made.pipeline) ?? [] {
                    json.object { json in
                        json.field("name", column.name)
                        json.field("value", values[column.name] ?? .nan)
                    }
                }
            }
        }
    }

    private func predictions(
        _ id: InstrumentID?, _ instrument: Instrument, _ timeframe: Timeframe, from bar: StoredBar
    ) async throws -> [Made] {
        var query = OutcomeQuery()
        query.instruments = [instrument]
        query.timeframe = timeframe
        query.range = bar.bar.time...bar.bar.time
        let stored = try await Self.asked { () async throws(PluginError) in
            try await view.outcomes?.predictions(query, offset: 0) ?? []
        }
        let made = stored.map { row in
            Made(
                model: row.prediction.model, pipeline: row.pipeline, target: row.prediction.target,
                version: row.prediction.version, value: row.prediction.value, flags: row.prediction.flags)
        }
        guard made.isEmpty else { return made.sorted { ($0.pipeline, $0.model) < ($1.pipeline, $1.model) } }
        let newest = (id.map { view.latest.predictions($0) } ?? []).filter { $0.prediction.time == bar.bar.time }
        return newest.map { entry in
            Made(
                model: entry.model, pipeline: entry.pipeline, target: entry.target, version: entry.version,
                value: entry.prediction.value, flags: entry.prediction.flags)
        }
    }

    /// What models saw, by column: computed again from the stored bars, as the pipeline does.
    private func features(
        of made: [Made], _ id: InstrumentID?, _ instrument: Instrument, _ timeframe: Timeframe, upTo time: Int64
    ) async throws -> [String: Double] {
        guard let control, let id else { return [:] }
        let names = Set(made.flatMap { control.columns($0.model, $0.pipeline) }.compactMap(\.indicator)).sorted()
        guard !names.isEmpty else { return [:] }
        let bars = try await bars(instrument, timeframe, upTo: time, limit: Self.mostBars).map { stored in
            var bar = stored.bar
            bar.instrument = id
            return bar
        }
        // A process that does not answer takes nothing from the rest of the explanation.
        guard let table = try? await control.compute(names, bars) else { return [:] }
        return Dictionary(
            zip(table.columns, table.values.suffix(table.columns.count)), uniquingKeysWith: { first, _ in first })
    }

    private func bars(
        _ instrument: Instrument, _ timeframe: Timeframe, upTo time: Int64, limit: Int
    ) async throws -> [StoredBar] {
        try await Self.asked { () async throws(PluginError) in
            try await view.bars.bars(of: instrument, timeframe: timeframe, range: .min...time, limit: limit)
        }
    }

    private static func asked<Value>(_ body: () async throws(PluginError) -> Value) async throws -> Value {
        do throws(PluginError) {
            return try await body()
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }
}
