import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/ai/predictions` with `from` or `to`: the stored predictions of a range, a page at a time.
struct PredictionHistory: Sendable {
    /// What asks for a range.
    static let parameters = [
        Parameter("from", .time, standard: "the newest of each alone"),
        Parameter("to", .time, standard: "the newest of each alone"),
    ]

    private let view: HostView

    /// Creates the answers over a host.
    init(_ view: HostView) { self.view = view }

    /// Whether a request asks for a range.
    static func isAsked(_ query: QueryParameters) -> Bool { parameters.contains { query[$0.name] != nil } }

    /// Answers with the predictions that were made from bars of the range, in order of their times; there may be none.
    func reply(_ request: EndpointRequest) async throws -> Reply {
        let (query, found) = try OutcomeQuery.asked(request.query, of: "prediction", view.instruments)
        let limit = query.limit
        let start = Int(clamping: max(0, try Cursor(request)?.position ?? 0))
        // One more says whether there is another page.
        var asked = query
        asked.limit = limit + 1
        let rows = try await predictions(asked, offset: start)
        let next = rows.count > limit ? Cursor.text(Int64(start + limit), of: request) : nil
        return PredictionAnswers.reply(
            rows.prefix(limit).map(Self.json), next: next, unknown: found.unknown, empty: [])
    }

    private func predictions(_ query: OutcomeQuery, offset: Int) async throws -> [StoredPrediction] {
        do throws(PluginError) {
            return try await view.outcomes?.predictions(query, offset: offset) ?? []
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    /// The price is not kept.
    private static func json(_ row: StoredPrediction) -> [UInt8] {
        PredictionAnswers.json(
            row.instrument, model: row.prediction.model, target: row.prediction.target, version: row.prediction.version,
            value: row.prediction.value, price: .nan, time: row.prediction.time, pipeline: row.pipeline,
            flags: row.prediction.flags)
    }
}
