import PluginKit

/// What a request asks of several pipelines with one instrument: `pipeline`, `timeframe`, both or neither.
struct PipelineFilter {
    private var pipeline: String?
    private var timeframe: Timeframe?

    /// Takes everything.
    init() {}

    /// The parameters of a route that answers with rows of several pipelines.
    static let parameters = [
        Parameter("pipeline", .id, standard: "every pipeline"),
        Parameter("timeframe", .timeframe, standard: "every timeframe"),
    ]

    /// Takes `pipeline` and `timeframe` of a query that was checked against `parameters`.
    init(_ query: QueryParameters) {
        pipeline = query["pipeline"]
        timeframe = query["timeframe"].flatMap { Timeframe($0) }
    }

    /// Whether a row is asked for.
    func takes(_ pipeline: String, _ timeframe: Timeframe) -> Bool {
        (self.pipeline ?? pipeline) == pipeline && (self.timeframe ?? timeframe) == timeframe
    }
}
