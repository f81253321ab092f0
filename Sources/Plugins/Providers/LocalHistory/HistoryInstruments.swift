import DelimitedText
import Glibc
import PluginKit

/// Finds whom files are of: by their names, or by their symbol columns.
struct HistoryInstruments {
    /// Every instrument found so far.
    private(set) var found: Set<Instrument> = []
    /// Files that were found to be of an instrument: no other pattern makes them another one's.
    private var claimed: Set<String> = []
    /// Names in a folder, by its path: each is listed once.
    private var listings: [String: [String]] = [:]

    /// Looks through the files of several forms: of a file that several patterns fit, the one that says most decides, so
    /// that `AAPL_trades.csv` is of AAPL and not of an AAPL_TRADES.
    init(_ forms: [HistoryOptions]) throws(PluginError) {
        var patterns: [(options: HistoryOptions, pattern: FilePattern)] = []
        for options in forms {
            if let single = try FileCatalog(options).single {
                found.formUnion(symbols(of: single[0], options))
            } else {
                patterns += options.patterns.flatMap { $0.variants(options.kind, nil) }.map { (options, $0) }
            }
        }
        for (options, pattern) in patterns.sorted(by: { $0.pattern.literalCount > $1.pattern.literalCount }) {
            search(Search(options: options, pattern: pattern), pattern.components[...], in: "", [:])
            if Task.isCancelled { throw options.cancelled }
        }
        for options in forms where !options.isPatternSet { spelled(options) }
    }

    /// Takes the files whose names are another spelling of a symbol: `0700.HK.csv`, `sh.600519.csv`.
    private mutating func spelled(_ options: HistoryOptions) {
        for folder in options.kind == .bar ? [""] : options.kind.fileWords {
            let path = folder.isEmpty ? options.path : "\(options.path)/\(folder)"
            for name in names(in: path) where !claimed.contains("\(path)/\(name)") {
                if let instrument = FolderListing.instrument(ofFile: name) { found.insert(instrument) }
            }
        }
    }

    /// What is searched.
    private struct Search {
        let options: HistoryOptions
        let pattern: FilePattern
    }

    /// Goes down the folders of a pattern, until the instrument is known.
    private mutating func search(
        _ search: Search, _ components: ArraySlice<Substring>, in folder: String, _ parts: [String: String]
    ) {
        let root = search.options.path
        guard let component = components.first else { return note(search, parts, "\(root)/\(folder)") }
        let rest = components.dropFirst()
        // Behind the last component that says who it is are only dates.
        if search.pattern.isOfOneInstrument, !parts.isEmpty, !components.contains(where: Self.namesInstrument) {
            return note(search, parts, "")
        }
        for name in names(in: folder.isEmpty ? root : "\(root)/\(folder)") {
            guard let own = FilePattern.parts(of: name[...], as: component) else { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if !rest.isEmpty, access("\(root)/\(path)/.", F_OK) != 0 { continue }
            self.search(search, rest, in: path, parts.merging(own) { _, new in new })
        }
    }

    private mutating func note(_ search: Search, _ parts: [String: String], _ path: String) {
        guard path.isEmpty || !claimed.contains(path) else { return }
        let pattern = search.pattern
        var own: Set<Instrument> = []
        if let instrument = pattern.instrument(parts) {
            own = [instrument]
        } else if let member = pattern.member, pattern.isOfOneInstrument {
            for name in (try? ZipArchive.names(path: path)) ?? [] {
                guard let named = FilePattern.parts(of: name[...], as: member[...]) else { continue }
                if let instrument = pattern.instrument(parts.merging(named) { _, new in new }) {
                    own.insert(instrument)
                }
            }
        } else if !pattern.isOfOneInstrument {
            own = symbols(of: HistoryFile(path: path, place: path, member: pattern.member), search.options)
        }
        found.formUnion(own)
        if !own.isEmpty { claimed.insert(path) }
    }

    private mutating func names(in folder: String) -> [String] {
        if let known = listings[folder] { return known }
        let names = FolderListing.names(in: folder)
        listings[folder] = names
        return names
    }

    private static func namesInstrument(_ component: Substring) -> Bool {
        ["{symbol}", "{code}", "{venue}"].contains { component.contains($0) }
    }

    /// The instruments of a file's symbol column; none where it has no such column, or is of another kind.
    private func symbols(of file: HistoryFile, _ options: HistoryOptions) -> Set<Instrument> {
        let reader = RecordReader(path: file.path, format: file.format(options))
        guard let layout = try? ColumnLayout(reader, options, file), let column = layout[.symbol] else { return [] }
        return Set(
            reader.texts(in: column).compactMap { try? Instrument(parsing: $0.filter { $0 != " " && $0 != "\t" }) })
    }
}
