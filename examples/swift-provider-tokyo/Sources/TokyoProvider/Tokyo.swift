public import PluginKit

/// Daily bars of the Tokyo Stock Exchange from CSV files, one for each instrument: `7203.csv`.
///
/// - Gives: daily `Bar`; prices in yen, volume in shares. Order, duplicates and OHLC are judged by the host.
/// - Time: the files hold the day in Tokyo; a bar's time is the end of that day's session, in UTC.
/// - Limits: a file is read whole, at most 64 MiB.
/// - Needs: nothing from outside but the files.
public struct Tokyo: Provider {
    private let instance: String
    private let folder: String

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "tokyo", summary: "Reads daily bars of the Tokyo Stock Exchange from CSV files.",
        stability: .experimental,
        schema: ConfigurationSchema([.path("path", isRequired: true, "Folder of the files.")]),
        provider: ProviderCapabilities(fetches: [.bar], streams: [], needsNetwork: false, venues: ["T", "TYO"]))

    /// Builds an instance; reads no file.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        instance = configuration.instance
        folder = context.resolve(try configuration.text("path"))
    }

    /// Returns the bars in the range, instrument by instrument, each in the order of its file.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind == .bar else {
            throw PluginError(
                .unsupported, "\(instance): gives bars, not \(request.kind.rawValue) events. Route this elsewhere.")
        }
        guard request.timeframe == Timeframe(1, .day) else {
            throw PluginError(
                .unsupported, "\(instance): timeframe is \(request.timeframe); allowed 1d. Route this elsewhere.")
        }
        var (bars, defects): ([Bar], [Defect]) = ([], [])
        for reference in request.instruments {
            let file = "\(reference.instrument.code).csv"
            let bytes = try SourceFile.read("\(folder)/\(file)", instance: instance)
            let messages = TokyoMessages(file: file, instance: instance)
            let part = messages.map(try messages.decode(bytes), of: reference.id)
            bars += part.bars.filter { request.range.contains($0.time) }
            defects += part.defects
        }
        return Reply(events: bars, defects: defects)
    }
}

/// The library's entry: named after `libTokyoProvider.so`.
@c(penstock_plugin_TokyoProvider) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.provider(Tokyo.self))
}
