import PluginKit

/// What a request asks of several pipelines with one instrument: `pipeline`, `timeframe`, both or neither.
struct PipelineFilter {
    private var pipeline: String?
    private var timeframe: Timeframe?

    /// Takes everything.
    init() {}

    /// Reads `pipeline` and `timeframe` of a query.
    init(_ parameters: QueryParameters) throws(GatewayError) {
        pipeline = parameters["pipeline"]
        timeframe = try Self.timeframe(parameters)
    }

    /// Returns the timeframe of a query, or `nil` where it has none.
    static func timeframe(_ parameters: QueryParameters) throws(GatewayError) -> Timeframe? {
        guard let text = parameters["timeframe"] else { return nil }
        guard let timeframe = Timeframe(text) else {
            throw .badParameter("timeframe", text, allowed: "a count and s, m, h, d, w or mo, as 5m, 1h, 1d")
        }
        return timeframe
    }

    /// Whether a row is asked for.
    func takes(_ pipeline: String, _ timeframe: Timeframe) -> Bool {
        (self.pipeline ?? pipeline) == pipeline && (self.timeframe ?? timeframe) == timeframe
    }
}
