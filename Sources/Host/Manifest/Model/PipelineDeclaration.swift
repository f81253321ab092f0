package import PluginKit

/// What runs: one entry of the key `pipelines`. Every id it names is enabled.
package struct PipelineDeclaration: Sendable {
    /// The pipeline's id.
    package let id: String
    /// The instruments in the order of the file, none twice.
    package let instruments: [Instrument]
    /// The route its data comes from; it has a provider.
    package let route: String
    /// The kind of event that makes its rows.
    package let kind: EventKind
    /// The span of its bars.
    package let timeframe: Timeframe
    /// Its indicators, in order.
    package let indicators: [String]
    /// Its models, in order.
    package let models: [String]
    /// Its sinks, in order.
    package let sinks: [String]
    /// The age above which the data behind a prediction is flagged as stale; `nil` for no limit.
    package let riskMaxAge: Duration?
    /// The id's key in the file.
    package let location: SourceSpan

    /// The kinds of record it can give.
    package var records: Set<RecordKind> {
        var records: Set<RecordKind> = [type(of: RecordBatch.Content(.empty(kind)).rows).kind, .alerts, .status]
        if !indicators.isEmpty { records.insert(.features) }
        if !models.isEmpty { records.insert(.predictions) }
        return records
    }
}
