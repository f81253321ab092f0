import PluginKit

/// A provider with a path and a credential.
struct FilesProvider: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "files", summary: "Bars from files.",
        schema: ConfigurationSchema([
            .path("path", isRequired: true, "Where the files are."),
            .secret("api_key", "Key of the account."),
            .duration("timeout", .milliseconds(100)...(.seconds(60)), default: .seconds(10), "Time for an answer."),
            ConfigurationOption("only", .list(.symbol, 0...5), "Symbols that are offered."),
            ConfigurationOption(
                "columns",
                .record(
                    ConfigurationSchema([
                        .text("date", default: "date", "Column of the date."),
                        .text("close", default: "close", "Column."),
                    ])), "Names of the columns."),
            ConfigurationOption("rename", .map(.text), "New names of columns."),
        ]), provider: ProviderCapabilities(fetches: [.bar], streams: [.bar]))
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
}

/// A provider whose credential is required.
struct CloudProvider: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "cloud", summary: "Bars from a service.",
        schema: ConfigurationSchema([
            .secret("api_key", isRequired: true, "Key of the account."),
            ConfigurationOption("headers", .map(.secret), "Headers of a request."),
        ]), provider: ProviderCapabilities(fetches: [.bar], streams: []))
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
}

/// A provider of figures, on request.
struct ReportsProvider: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "reports", summary: "Figures from a service.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [.figure], streams: []))
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
}

/// An indicator that reads figures.
struct FigureIndicator: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "eps", summary: "Earnings per share.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "The figure.")]
    ).reading(.figure)
    init(_ configuration: Configuration) throws(PluginError) {}
    var warmUpLength: Int { 1 }
    mutating func update(_ event: Figure, into row: OutputRow) -> Bool { true }
    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}

/// What the fake indicators share.
protocol FakeIndicator: Indicator where Input == Bar {
    init()
}

extension FakeIndicator {
    init(_ configuration: Configuration) throws(PluginError) { self.init() }
    var warmUpLength: Int { 1 }
    mutating func update(_ event: Bar, into row: OutputRow) -> Bool { true }
    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}

/// An indicator with one output.
struct OneIndicator: FakeIndicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "rsi", summary: "Relative strength index.",
        schema: ConfigurationSchema([
            .integer("period", 2...100_000, default: 14, unit: "bars", "Bars the average runs over.")
        ]), outputs: [OutputColumn("value", unit: "0...100", "The index.")])
}

/// An indicator with two outputs and a rule between its options.
struct TwoIndicator: FakeIndicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "macd", summary: "Two averages.",
        schema: ConfigurationSchema([
            .integer("fast", 1...1_000, default: 12, unit: "bars", "Bars of the fast average."),
            .integer("slow", 1...1_000, default: 26, unit: "bars", "Bars of the slow average."),
        ]), outputs: [OutputColumn("line", unit: "", "The line."), OutputColumn("signal", unit: "", "The signal.")])

    static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let fast = try? configuration.integer("fast"), let slow = try? configuration.integer("slow"), fast >= slow
        else { return [] }
        return [ConfigurationFault(option: "fast", "'fast' is \(fast); allowed less than 'slow' (\(slow)).")]
    }
}

/// A model with every scalar type.
struct LinearModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "ridge", version: "1.2.0", summary: "Ridge regression.",
        schema: ConfigurationSchema([
            .number("alpha", 0...Double.greatestFiniteMagnitude, default: 1, "Weight of the penalty."),
            .ratio("holdout", 0...0.5, default: 0.1, "Part that is held out."),
            .boolean("intercept", default: true, "Whether it has a constant."),
            .ratio("quantile", 0.01...0.99, default: 0.5, "Share of outcomes below."),
            .choice("solver", ["cholesky", "qr"], default: "cholesky", "How it is solved."),
            ConfigurationOption("ticker", .symbol, "A symbol."),
            .text("note", "A text."),
        ]), outputs: [OutputColumn("value", unit: "", "The prediction."), OutputColumn("lower", unit: "", "An end.")]
    ).weighing()
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] { [] }
    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        throw PluginError(.unsupported, "model/ridge: it is no real one. Use another.")
    }
}

/// A model whose members are other models.
struct EnsembleModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "ensemble", summary: "Mean of other models.", schema: ConfigurationSchema([])
    ).combining()
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] { [] }
    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        throw PluginError(.unsupported, "model/ensemble: it is no real one. Use another.")
    }
}

/// A sink that takes two kinds of record.
struct ScreenSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "console", summary: "Lines on a terminal.", schema: ConfigurationSchema([]),
        accepts: [.predictions, .alerts])
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt { .accepted }
}

/// A sink that takes everything.
struct TableSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "sqlite", summary: "Rows in a database.",
        schema: ConfigurationSchema([.path("path", default: "var/records.db", "The database.")]),
        accepts: Set(RecordKind.allCases))
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt { .accepted }
}

/// The plugins the tests' manifests can name.
let fakePlugins: [PluginType] = [
    .provider(FilesProvider.self), .provider(CloudProvider.self), .provider(ReportsProvider.self),
    .indicator(OneIndicator.self), .indicator(FigureIndicator.self),
    .indicator(TwoIndicator.self), .model(LinearModel.self), .model(EnsembleModel.self), .sink(ScreenSink.self),
    .sink(TableSink.self),
]
