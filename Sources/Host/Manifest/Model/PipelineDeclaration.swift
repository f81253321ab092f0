package import PluginKit

/// What runs: one entry of the key `pipelines`. Every id it names is enabled.
package struct PipelineDeclaration: Sendable {
    /// The pipeline's id.
    package let id: String
    /// The instruments in the order of the file, none twice; of one that takes what its source lists those it last did.
    package internal(set) var instruments: [Instrument]
    /// Whether it takes what its source lists: `all` in a manifest that names no instruments.
    package let isListed: Bool
    /// The route its data comes from; it has a provider.
    package let route: String
    /// The kind of event that makes its rows.
    package let kind: EventKind
    /// The span of its bars.
    package let timeframe: Timeframe
    /// How its bars are built; `nil` where the route gives them.
    package let shape: ShapeDeclaration?
    /// What stands beside its events, by name.
    package let inputs: [InputDeclaration]
    /// Its indicators, in order.
    package let indicators: [String]
    /// What compares its instruments; `nil` where nothing does.
    package let section: SectionDeclaration?
    /// Its models, in order.
    package let models: [String]
    /// Its sinks, in order.
    package let sinks: [String]
    /// The age above which the data behind a prediction is flagged as stale; `nil` for no limit.
    package let riskMaxAge: Duration?
    /// The id's key in the file.
    package let location: SourceSpan

    /// What drives it, as an input without a name.
    package var drivingInput: InputDeclaration {
        InputDeclaration(
            name: "", route: route, kind: kind, timeframe: timeframe, shape: shape, fields: [], indicators: indicators,
            columns: [], maxAge: nil)
    }

    /// The routes its data comes from; the first one drives it.
    package var routes: [String] { [route] + inputs.map(\.route) }

    /// Its indicators and those of its inputs.
    package var allIndicators: [String] { indicators + inputs.flatMap(\.indicators) }

    /// The kinds of record it can give.
    package var records: Set<RecordKind> {
        var records: Set<RecordKind> = [type(of: RecordBatch.Content(.empty(kind)).rows).kind, .alerts, .status]
        if !indicators.isEmpty || !inputs.isEmpty { records.insert(.features) }
        if !models.isEmpty { records.formUnion([.predictions, .outcomes]) }
        return records
    }
}

/// What compares the instruments of a pipeline at one event time.
package struct SectionDeclaration: Sendable, Equatable {
    /// Longest time that a live row waits for those of other instruments.
    package let wait: Duration
    /// The indicators that compare, with what they depend on beside the compared columns: options, members of groups.
    package let columns: [String: String]
    /// By indicator, the instruments of its groups, in order.
    package let groups: [String: [[Instrument]]]
}

/// Data beside the events that drive a pipeline: carried into each of its rows with its age.
package struct InputDeclaration: Sendable, Hashable {
    /// Its name in the pipeline; its columns begin with it.
    package let name: String
    /// The route it comes from.
    package let route: String
    /// The kind of its events.
    package let kind: EventKind
    /// The span of its bars.
    package let timeframe: Timeframe
    /// How its bars are built; `nil` where the route gives them.
    package let shape: ShapeDeclaration?
    /// Numbers of its events that are carried, in order.
    package let fields: [String]
    /// Indicators that read it, in order.
    package let indicators: [String]
    /// Names of the columns that it adds to rows: ages, and what is carried.
    package let columns: [String]
    /// The age above which its values are missing; `nil` for no limit.
    package let maxAge: Duration?

    /// Its columns without their ages.
    package var valueColumns: [String] { columns.filter { !$0.hasSuffix(".age") } }

    /// The kind of event its route gives.
    package var sourceKind: EventKind { shape?.source ?? kind }

    /// The span of the bars its route gives.
    package var sourceTimeframe: Timeframe { shape?.timeframe ?? timeframe }
}

/// What ends a bar that is built.
package enum BarCut: String, Sendable, CaseIterable {
    /// The end of its span.
    case time
    /// A count of trades.
    case trades
    /// A traded quantity.
    case volume
    /// A traded value in the quote currency.
    case value
    /// Trades of buyers less those of sellers, or the other way round.
    case tradeImbalance = "trade_imbalance"
    /// The same in quantity.
    case volumeImbalance = "volume_imbalance"
    /// The same in value.
    case valueImbalance = "value_imbalance"
}

/// How bars are built out of what a route gives.
package struct ShapeDeclaration: Sendable, Hashable {
    /// Trades or finer bars.
    package let source: EventKind
    /// The span of the finer bars; means nothing for trades.
    package let timeframe: Timeframe
    /// What ends a bar.
    package let cut: BarCut
    /// How much ends it; 0 for a span.
    package let size: Double

    /// The same as text, for digests.
    package var description: String { "\(source.rawValue) \(timeframe) \(cut.rawValue) \(size)" }
}
