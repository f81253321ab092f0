import DelimitedText
import Glibc
public import PluginKit

/// What a folder of files, or one file, looks like to somebody who is about to name it in a manifest.
public struct HistoryFolder: Sendable {
    /// Whom the files are of, in order: by their names, or by the symbol column of one file for all.
    public let instruments: [Instrument]
    /// The preset that the first file's header tells.
    public let preset: String?
    /// How the first file's bytes are meant, where that is not UTF-8.
    public let encoding: String?
    /// The span that the first file's rows are apart.
    public let timeframe: Timeframe?

    /// Looks into a folder or a file; throws where it cannot be read, or has nothing a provider would find.
    public init(_ path: String) throws(PluginError) {
        let base = try Self.options(path, [:])
        let catalog = try FileCatalog(base)
        let listed = catalog.single == nil ? FolderListing(path) : nil
        let files = listed.map { $0.names.filter { FolderListing.instrument(ofFile: $0) != nil } } ?? []
        guard let first = catalog.single?[0] ?? files.first.map({ HistoryFile(path: "\(path)/\($0)", place: $0) })
        else {
            throw PluginError(
                .notFound,
                "'\(path)' has no file that is named like CODE.VENUE.csv. Put the data there, or name another.")
        }
        let header = Self.header(first, base.format)
        let isGB = header == nil && Self.header(first, RecordFormat(encoding: .gb18030)) != nil
        encoding = isGB ? TextEncoding.gb18030.rawValue : nil
        let names = header ?? Self.header(first, RecordFormat(encoding: .gb18030)) ?? []
        preset = HistoryPreset.told(by: names)?.name
        var values: [String: ConfigurationValue] = [:]
        if let encoding { values["encoding"] = .text(encoding) }
        if let preset { values["preset"] = .text(preset) }
        let options = try Self.options(path, values)
        let (step, symbols) = Self.look(first, options)
        timeframe = step.flatMap { Timeframe(FileSurvey.timeframe(ofStep: $0)) }
        instruments = Set(listed == nil ? symbols : files.compactMap { FolderListing.instrument(ofFile: $0) }).sorted()
    }

    private static func options(
        _ path: String, _ set: [String: ConfigurationValue]
    ) throws(PluginError) -> HistoryOptions {
        var values: [String: ConfigurationValue] = [:]
        for option in LocalHistory.schema.options { values[option.name] = option.defaultValue }
        values["path"] = .text(path)
        values.merge(set) { _, new in new }
        let context = PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoInstruments())
        let all = try HistoryOptions.all(.bar, Configuration(instance: "init", values: values), context: context)
        return all[0]
    }

    private static func header(_ file: HistoryFile, _ format: RecordFormat) -> [String]? {
        let reader = RecordReader(path: file.path, format: format)
        guard (try? reader.next()) == true, reader.fault == nil else { return nil }
        let names = (0..<reader.fieldCount).map { reader.text($0) }
        return names.contains(nil) ? nil : names.compactMap { $0 }
    }

    /// How far rows are apart, and the instruments of the symbol column.
    private static func look(_ file: HistoryFile, _ options: HistoryOptions) -> (step: Int64?, symbols: [Instrument]) {
        let reader = RecordReader(path: file.path, format: options.format)
        guard let layout = try? ColumnLayout(reader, options, file),
            let survey = try? FileSurvey(reader, options, file, layout)
        else { return (nil, []) }
        var texts: Set<String> = []
        while let column = layout[.symbol], (try? reader.next()) == true {
            if column < reader.fieldCount, let text = reader.text(column) { texts.insert(text) }
        }
        return (survey.step, texts.compactMap { try? Instrument(parsing: $0) })
    }
}

/// Knows no instrument: looking at files needs none.
private struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "?", venue: "UNKNOWN") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}
