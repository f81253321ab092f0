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
    /// Files that are not read by these options, each with why.
    public let leftOut: [String]

    /// Creates what was found.
    public init(
        instruments: [Instrument], timeframe: Timeframe? = nil, options: [(name: String, value: String)] = [],
        leftOut: [String] = []
    ) {
        self.leftOut = leftOut
        self.instruments = instruments
        self.timeframe = timeframe
        self.options = options
    }
}

extension Builtin {
    /// Looks into a folder of files, or a file for all instruments; throws `.notFound` where there is nothing a provider would
    /// find, and another fault where what is there cannot be read by one set of options.
    ///
    /// - Parameter wanted: whose files of the folder are looked at; all where there are none.
    public static func look(into path: String, of wanted: Set<Instrument> = []) throws(PluginError) -> FoundData {
        let folder = try HistoryFolder(path, of: wanted)
        let options = [
            ("preset", folder.preset), ("encoding", folder.encoding), ("adjust", folder.hasAdjusted ? "ratio" : nil),
        ]
        return FoundData(
            instruments: folder.instruments, timeframe: folder.timeframe,
            options: options.compactMap { name, value in value.map { (name, $0) } }, leftOut: folder.leftOut)
    }

    /// Reads the bars of a file of one instrument as `local_history` does, and what a user should know of it.
    public static func bars(of path: String) async throws(PluginError) -> (bars: [Bar], remarks: [String]) {
        let file = try await HistoryBars(file: path)
        return (file.bars, file.remarks)
    }
}
