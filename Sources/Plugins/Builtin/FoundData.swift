import LocalHistoryProvider
public import PluginKit

/// What files of bars look like to somebody who is about to write a manifest for them.
public struct FoundData: Sendable {
    /// Whom the files are of.
    public let instruments: [Instrument]
    /// The span of their bars, where rows show it.
    public let timeframe: Timeframe?
    /// Options of the provider that such files need.
    public let options: [(name: String, value: String)]

    /// Creates what was found.
    public init(
        instruments: [Instrument], timeframe: Timeframe? = nil, options: [(name: String, value: String)] = []
    ) {
        self.instruments = instruments
        self.timeframe = timeframe
        self.options = options
    }
}

extension Builtin {
    /// Looks into a folder of files, or a file for all instruments; throws where there is nothing a provider would find.
    public static func look(into path: String) throws(PluginError) -> FoundData {
        let folder = try HistoryFolder(path)
        return FoundData(
            instruments: folder.instruments, timeframe: folder.timeframe,
            options: [("preset", folder.preset), ("encoding", folder.encoding)].compactMap { name, value in
                value.map { (name, $0) }
            })
    }
}
