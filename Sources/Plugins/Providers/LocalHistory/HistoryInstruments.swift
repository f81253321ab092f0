import DelimitedText
import Glibc
import PluginKit

/// Finds whom the files of a form are of: by the names of files, or by their symbol columns.
struct HistoryInstruments {
    private let options: HistoryOptions

    init(_ options: HistoryOptions) { self.options = options }

    /// Every instrument there is, in no order.
    func all() throws(PluginError) -> Set<Instrument> {
        let catalog = try FileCatalog(options)
        if let single = catalog.single { return symbols(of: single[0]) }
        var found: Set<Instrument> = []
        for pattern in options.patterns.flatMap({ $0.variants(options.kind, nil) }) {
            search(pattern, pattern.text.split(separator: "/")[...], in: "", [:], &found)
        }
        guard !options.isPatternSet else { return found }
        for folder in options.kind == .bar ? [""] : options.kind.fileWords {
            let listing = FolderListing(folder.isEmpty ? options.path : "\(options.path)/\(folder)")
            found.formUnion(listing.names.compactMap { FolderListing.instrument(ofFile: $0) })
        }
        return found
    }

    /// Goes down the folders of a pattern, until the instrument is known.
    private func search(
        _ pattern: FilePattern, _ components: ArraySlice<Substring>, in folder: String, _ parts: [String: String],
        _ found: inout Set<Instrument>
    ) {
        guard let component = components.first else { return note(pattern, parts, "\(options.path)/\(folder)", &found) }
        let rest = components.dropFirst()
        // Behind the last component that says who it is are only dates.
        if pattern.isOfOneInstrument, !parts.isEmpty, !components.contains(where: Self.namesInstrument) {
            return note(pattern, parts, "", &found)
        }
        for name in FolderListing("\(options.path)/\(folder)").names {
            guard let own = FilePattern.parts(of: name[...], as: component) else { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if !rest.isEmpty, access("\(options.path)/\(path)/.", F_OK) != 0 { continue }
            search(pattern, rest, in: path, parts.merging(own) { _, new in new }, &found)
        }
    }

    private func note(
        _ pattern: FilePattern, _ parts: [String: String], _ path: String, _ found: inout Set<Instrument>
    ) {
        if let instrument = FilePattern.instrument(parts) {
            found.insert(instrument)
        } else if let member = pattern.member, pattern.isOfOneInstrument {
            for name in (try? ZipArchive.names(path: path)) ?? [] {
                guard let own = FilePattern.parts(of: name[...], as: member[...]) else { continue }
                if let instrument = FilePattern.instrument(parts.merging(own) { _, new in new }) {
                    found.insert(instrument)
                }
            }
        } else if !pattern.isOfOneInstrument {
            let file = HistoryFile(path: path, place: path, member: pattern.member)
            found.formUnion(symbols(of: file))
        }
    }

    private static func namesInstrument(_ component: Substring) -> Bool {
        ["{symbol}", "{code}", "{venue}"].contains { component.contains($0) }
    }

    /// The instruments of a file's symbol column; none where it has no such column, or is of another kind.
    private func symbols(of file: HistoryFile) -> Set<Instrument> {
        let reader = RecordReader(path: file.path, format: file.format(options))
        guard let layout = try? ColumnLayout(reader, options, file), let column = layout[.symbol] else { return [] }
        var texts: Set<String> = []
        while (try? reader.next()) == true, !Task.isCancelled {
            if column < reader.fieldCount, let text = reader.text(column) { texts.insert(text) }
        }
        return Set(texts.compactMap { try? Instrument(parsing: $0.filter { $0 != " " && $0 != "\t" }) })
    }
}
