import DelimitedText
import EventTiming
import Glibc
public import PluginKit

/// What a folder of files, or one file, looks like to somebody who is about to name it in a manifest.
public struct HistoryFolder: Sendable {
    /// Whom the files are of, in order: by their names, or by the symbol column of one file for all.
    public let instruments: [Instrument]
    /// The preset that the headers tell.
    public let preset: String?
    /// How the files' bytes are meant, where that is not UTF-8.
    public let encoding: String?
    /// The span that the first file's rows are apart.
    public let timeframe: Timeframe?
    /// Whether every file has a close that is adjusted, besides the one as traded.
    public let hasAdjusted: Bool
    /// Files of the folder that these options do not read, each with why.
    public let leftOut: [String]

    /// Looks into a folder or a file; throws where it cannot be read, or has nothing a provider would find (`.notFound`),
    /// where files that were asked for are not of one kind (`.configuration`), and where it does not say whose rows it has
    /// (`.malformed`). Of a folder whose files are written in several ways those of the most usual one are taken.
    ///
    /// - Parameter wanted: whose files of the folder are looked at; all where there are none.
    public init(_ path: String, of wanted: Set<Instrument> = []) throws(PluginError) {
        let base = try Self.options(path, [:])
        let catalog = try FileCatalog(base)
        let listed = catalog.single == nil ? FolderListing(path).names : []
        let named = listed.compactMap { name in FolderListing.instrument(ofFile: name).map { (name: name, of: $0) } }
        let files =
            catalog.single.map { [$0[0]] }
            ?? named.filter { wanted.isEmpty || wanted.contains($0.of) }.map {
                HistoryFile(path: "\(path)/\($0.name)", place: $0.name)
            }
        guard !files.isEmpty else {
            throw PluginError(
                .notFound,
                "'\(path)' has no file that is named like CODE.VENUE.csv. Put the data there, or name another.")
        }
        let (looks, left) = Self.alike(files, base.format)
        guard let first = looks.first?.file else {
            throw PluginError(
                .malformed, "no file of '\(path)' is of bars: \(left[0]). Put such files there, or name another.")
        }
        guard left.isEmpty || wanted.isEmpty else {
            throw PluginError(
                .configuration,
                "its files are written in several ways: \(left.prefix(5).joined(separator: ", ")). Put those of each way into a "
                    + "folder of their own, or name some of them with --instruments.")
        }
        leftOut = left
        encoding = looks.contains(where: \.isGB) ? TextEncoding.gb18030.rawValue : nil
        let told = looks.lazy.compactMap(\.preset).first
        preset = told?.name
        hasAdjusted = !looks.isEmpty && looks.allSatisfy(\.hasAdjusted)
        var values: [String: ConfigurationValue] = [:]
        if let encoding { values["encoding"] = .text(encoding) }
        if let preset { values["preset"] = .text(preset) }
        let (step, symbols) = Self.look(first, try Self.options(path, values))
        timeframe = step.flatMap { Timeframe(RowSteps.timeframe(of: $0)) }
        guard catalog.single != nil else {
            let taken = Set(looks.map(\.file.place))
            instruments = Set(named.filter { taken.contains($0.name) }.map(\.of)).sorted()
            return
        }
        instruments = try Self.instruments(symbols, of: first, isMainland: told?.zone == "Asia/Shanghai")
    }

    /// One preset is for all files: where they call for several, each misreads the files of the others. Returns the looks of those
    /// that most are like, and of each other file why it is left out.
    private static func alike(_ files: [HistoryFile], _ format: RecordFormat) -> ([FileLook], leftOut: [String]) {
        let usual = HistoryPreset(name: "", summary: "")
        func presetName(_ look: FileLook) -> String { look.preset.map { "preset \($0.name)" } ?? "no preset" }
        var ways: [[FileLook]] = []
        var left: [String] = []
        for file in files {
            guard let look = FileLook(file, format), look.isOfBars else {
                left.append("\(file.place) (has no column for 'close')")
                continue
            }
            let way = ways.firstIndex { ($0[0].preset ?? usual).reads(like: look.preset ?? usual) }
            if let way { ways[way].append(look) } else { ways.append([look]) }
        }
        guard let most = ways.map(\.count).max(), let taken = ways.first(where: { $0.count == most }) else {
            return ([], left)
        }
        for look in ways.joined() where !(look.preset ?? usual).reads(like: taken[0].preset ?? usual) {
            left.append("\(look.file.place) (calls for \(presetName(look)), the others for \(presetName(taken[0])))")
        }
        return (taken, left)
    }

    /// Whom the rows of a file for all are of; leading zeros of mainland codes get lost in spreadsheets, and are put back
    /// where the preset says that the codes are mainland ones.
    private static func instruments(
        _ symbols: Set<String>, of file: HistoryFile, isMainland: Bool
    ) throws(PluginError) -> [Instrument] {
        let base = file.path.split(separator: "/").last.map(String.init) ?? file.path
        guard !symbols.isEmpty else { return FolderListing.instrument(ofFile: base).map { [$0] } ?? [] }
        var found: Set<Instrument> = []
        var short: [String] = []
        for text in symbols.sorted() {
            let isShort = text.utf8.count < 6 && Int(text) != nil
            let code = isShort && isMainland ? String(repeating: "0", count: 6 - text.utf8.count) + text : text
            if let instrument = try? Instrument(parsing: code) { found.insert(instrument) } else { short.append(text) }
        }
        let zeros = short.filter { Int($0) != nil }
        guard !found.isEmpty, zeros.isEmpty else {
            let shown = (zeros.isEmpty ? short : zeros).prefix(5).joined(separator: ", ")
            let why = zeros.isEmpty ? "which name no instrument" : "codes that lost their leading zeros or their venue"
            throw PluginError(
                .malformed,
                "the symbol column of '\(file.place)' has \(shown): \(why). Write them as 000001.SZ, 00700.HK or AAPL.US "
                    + "(pandas: dtype=str), or name whom it is of with --instruments.")
        }
        return found.sorted()
    }

    static func options(
        _ path: String, _ set: [String: ConfigurationValue]
    ) throws(PluginError) -> HistoryOptions {
        let all = try HistoryOptions.all(
            .bar, configuration(path, set), context: PluginContext.ofFiles { _, _, _ in })
        return all[0]
    }

    /// The provider's options for a path, those that are not set as they are by default.
    static func configuration(_ path: String, _ set: [String: ConfigurationValue]) -> Configuration {
        var values: [String: ConfigurationValue] = [:]
        for option in LocalHistory.schema.options { values[option.name] = option.defaultValue }
        values["path"] = .text(path)
        values.merge(set) { _, new in new }
        return Configuration(instance: "local_history", values: values)
    }

    /// How far rows are apart, and the texts of the symbol column.
    static func look(_ file: HistoryFile, _ options: HistoryOptions) -> (step: Int64?, symbols: Set<String>) {
        let reader = RecordReader(path: file.path, format: options.format)
        guard let layout = try? ColumnLayout(reader, options, file),
            let survey = try? FileSurvey(reader, options, file, layout)
        else { return (nil, []) }
        var texts: Set<String> = []
        while let column = layout[.symbol], (try? reader.next()) == true {
            if column < reader.fieldCount, let text = reader.text(column) { texts.insert(text) }
        }
        return (survey.step, texts)
    }
}

/// What the first row of a file says.
struct FileLook {
    let file: HistoryFile
    /// The names of the columns, or the first row where there is no header.
    let names: [String]
    /// Whether the bytes are GB18030.
    let isGB: Bool
    let preset: HistoryPreset?

    /// Whether there is a close that is adjusted, besides the one as traded.
    var hasAdjusted: Bool { has(.adjustedClose) && has(.close) }

    /// Whether rows may be bars: a column of closes is there, or no name says what stands where.
    var isOfBars: Bool {
        preset != nil || has(.close) || !names.contains { name in name.contains(where: \.isLetter) }
    }

    /// Reads it; `nil` where nothing can be read.
    init?(_ file: HistoryFile, _ format: RecordFormat) {
        let text = Self.first(file, format, .utf8)
        guard let names = text ?? Self.first(file, format, .gb18030) else { return nil }
        (self.file, self.names, isGB) = (file, names, text == nil)
        preset = HistoryPreset.told(by: names)
    }

    /// Whether a column of bars is there under a name that is known.
    func has(_ column: HistoryColumn) -> Bool {
        let known = EventKind.bar.columns.first { $0.column == column }?.known ?? []
        return names.map(HistoryColumn.folded).contains(where: known.contains)
    }

    private static func first(_ file: HistoryFile, _ format: RecordFormat, _ encoding: TextEncoding) -> [String]? {
        var format = format
        (format.encoding, format.pieceBytes) = (encoding, 1 << 12)
        let reader = RecordReader(path: file.path, format: format)
        guard (try? reader.next()) == true, reader.fault == nil else { return nil }
        let names = (0..<reader.fieldCount).map { reader.text($0) }
        return names.contains(nil) ? nil : names.compactMap { $0 }
    }
}

extension PluginContext {
    /// Of somebody who looks at files and knows no instrument.
    static func ofFiles(log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void) -> PluginContext {
        PluginContext(baseDirectory: ".", stateDirectory: "/tmp", instruments: NoInstruments(), log: log)
    }
}

/// Knows no instrument: looking at files needs none.
private struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "?", venue: "UNKNOWN") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}
