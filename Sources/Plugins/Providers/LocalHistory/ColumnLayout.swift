import DelimitedText
import EditDistance
import PluginKit

/// Where in a record each part of an event stands.
struct ColumnLayout: Sendable {
    /// Field positions from 0 by the column's ordinal; -1 for none. A row costs a dozen look-ups: no dictionary.
    private let table: InlineArray<29, Int>
    /// How many fields a record has, where a header says so.
    let fieldCount: Int?
    /// The names of the header; none where there is none.
    let names: [String]
    /// Fields a record needs at least.
    let neededCount: Int

    /// The fields of columns that stand for several, in order.
    private var groups: [HistoryColumn: [Field]] = [:]

    /// A field of a group.
    struct Field: Sendable {
        /// The name of a figure; empty for a level.
        var name = ""
        let position: Int
    }

    /// Reads the header, or takes the configured numbers where there is none.
    init(_ reader: RecordReader, _ options: HistoryOptions, _ file: HistoryFile) throws(FileFault) {
        let positions: [HistoryColumn: Int]
        if options.hasHeader {
            names = try Self.header(reader, options, file)
            positions = try Self.positions(names, options, file)
            groups = try Self.groups(names, options, file)
            fieldCount = names.count
        } else {
            names = []
            positions = Self.numbered(options)
            groups = try Self.groups([], options, file)
            fieldCount = nil
            let needed = options.kind.columns.filter { !$0.isGroup && options.needs($0) && positions[$0.column] == nil }
            if let missing = needed.first { throw Self.missing(missing, [], options, file) }
        }
        neededCount = ((positions.values + groups.values.joined().map(\.position)).max() ?? 0) + 1
        var table = InlineArray<29, Int>(repeating: -1)
        for (column, position) in positions { table[column.rawValue] = position }
        self.table = table
    }

    /// The fields of a column that stands for several; those of a single one where it is that.
    func group(_ column: HistoryColumn) -> [Field] { groups[column] ?? [] }

    /// Returns where a column's field stands, from 0, or `nil` where the file has none.
    subscript(column: HistoryColumn) -> Int? {
        let position = table[column.rawValue]
        return position < 0 ? nil : position
    }

    private static func header(
        _ reader: RecordReader, _ options: HistoryOptions, _ file: HistoryFile
    ) throws(FileFault) -> [String] {
        let hasRecord: Bool
        do throws(TextError) { hasRecord = try reader.next() } catch {
            throw FileFault(error, place: file.place, instrument: nil)
        }
        guard hasRecord else {
            throw FileFault(
                .malformed, reason: "empty_file", place: file.place,
                "'\(file.place)' is empty; a header and rows are needed. Put the data there or remove the file.")
        }
        if let fault = FileFault.ofNoTable(reader.rawText, file) { throw fault }
        let names = (0..<reader.fieldCount).map { reader.text($0) }
        guard reader.fault == nil, !names.contains(nil) else { throw unreadableHeader(reader, options, file) }
        return names.map { trimmed($0 ?? "") }
    }

    private static func unreadableHeader(
        _ reader: RecordReader, _ options: HistoryOptions, _ file: HistoryFile
    ) -> FileFault {
        let place = "\(file.place):\(reader.line)"
        if let fault = reader.fault, fault != .damagedText {
            return FileFault(
                .malformed, reason: fault.rawValue, place: place,
                "'\(file.place)' has no readable header at line \(reader.line) (\(fault.rawValue)). Repair that line.")
        }
        let isUTF8 = options.format.encoding == .utf8
        return FileFault(
            .malformed, reason: "wrong_encoding", place: place,
            "'\(file.place)' is no \(isUTF8 ? "UTF-8" : "GB18030") text: its header at line \(reader.line) has bytes "
                + "of another encoding. Set encoding: \(isUTF8 ? "gb18030" : "utf-8").")
    }

    private static func positions(
        _ names: [String], _ options: HistoryOptions, _ file: HistoryFile
    ) throws(FileFault) -> [HistoryColumn: Int] {
        var positions: [HistoryColumn: Int] = [:]
        let folded = names.map(HistoryColumn.folded)
        for use in options.kind.columns where !use.isGroup {
            let told = options.columns[use.column]
            if let told, HistoryOptions.isNone(use.column, told) { continue }
            positions[use.column] = told.flatMap { position(of: $0, names, folded) }
            if positions[use.column] == nil, !options.setColumns.contains(use.column) {
                positions[use.column] = use.known.lazy.compactMap { folded.firstIndex(of: $0) }.first
            }
            if options.needs(use), positions[use.column] == nil { throw missing(use, names, options, file) }
        }
        return positions
    }

    /// A configured name is looked for as written, then folded; a number counts from 1 where no header has that name.
    private static func position(of told: String, _ names: [String], _ folded: [String]) -> Int? {
        if let found = names.firstIndex(of: told) ?? folded.firstIndex(of: HistoryColumn.folded(told)) { return found }
        return HistoryOptions.number(told).flatMap { $0 <= names.count ? $0 - 1 : nil }
    }

    private static func numbered(_ options: HistoryOptions) -> [HistoryColumn: Int] {
        guard !options.columns.isEmpty else {
            let usual = options.kind.rows.usualOrder
            return Dictionary(uniqueKeysWithValues: usual.enumerated().map { ($0.element, $0.offset) })
        }
        return options.columns.compactMapValues { HistoryOptions.number($0).map { $0 - 1 } }
    }

    static func missing(
        _ use: ColumnUse, _ names: [String], _ options: HistoryOptions, _ file: HistoryFile
    ) -> FileFault {
        let wanted = options.columns[use.column].map { [$0] } ?? use.known
        let guess = wanted.lazy.compactMap { EditDistance.nearest(to: $0, among: names) }.first
        let looked = wanted.isEmpty ? "" : " (looked for \(wanted.joined(separator: ", ")))"
        let has = names.isEmpty ? "It has no header." : NameList.text(names, "Its columns are")
        return FileFault(
            .malformed, reason: "missing_column", place: "\(file.place):1",
            "'\(file.place)' has no column for '\(use.column.word)'\(looked). "
                + (guess.map { "Did you mean '\($0)'? " } ?? "") + has
                + (remedy(names) ?? " Name it in columns.\(use.column.word)."))
    }

    /// What to do where the first row is no header of such a file; `nil` where it may be one.
    private static func remedy(_ names: [String]) -> String? {
        if let first = names.first, first.hasPrefix("#") || first.hasPrefix("//") {
            return " The first line looks like a comment: remove what stands above the header."
        }
        if names.count == 1 {
            let others: [(Character, String)] = [(";", "\";\""), ("\t", "tab"), ("|", "\"|\""), (",", "\",\"")]
            if let other = others.first(where: { names[0].contains($0.0) }) {
                return " It looks as if fields end with \(other.1). Set delimiter: \(other.1)."
            }
        }
        let isData = names.count > 1 && names.dropFirst().allSatisfy { Double($0) != nil }
        return isData ? " The first row looks like data: set header: false." : nil
    }

    private static func trimmed(_ name: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = name.drop(while: isSpace)
        return String(start.reversed().drop(while: isSpace).reversed())
    }
}

// MARK: Groups

extension ColumnLayout {
    private static func groups(
        _ names: [String], _ options: HistoryOptions, _ file: HistoryFile
    ) throws(FileFault) -> [HistoryColumn: [Field]] {
        var groups: [HistoryColumn: [Field]] = [:]
        for use in options.kind.columns where use.isGroup {
            let told = options.columns[use.column]
            let found = use.column == .figures ? figures(told, names) : levels(use, told, names)
            groups[use.column] = found
            if found?.isEmpty ?? options.needs(use) { throw missing(use, names, options, file) }
        }
        return groups
    }

    /// The levels of a side: numbers of columns, or a name with `{n}`, counted from 0 or 1.
    private static func levels(_ use: ColumnUse, _ told: String?, _ names: [String]) -> [Field]? {
        if let told {
            let numbers = told.split(whereSeparator: { " ,".contains($0) }).map { HistoryOptions.number(String($0)) }
            if names.isEmpty || !numbers.contains(nil) {
                return numbers.contains(nil) ? nil : numbers.compactMap { $0.map { Field(position: $0 - 1) } }
            }
        }
        let folded = names.map(HistoryColumn.folded)
        for pattern in told.map({ [HistoryColumn.folded($0)] }) ?? use.known {
            let parts = pattern.split(separator: "{n}", omittingEmptySubsequences: false)
            let numbered = (0...OrderBook.depth).map { folded.firstIndex(of: parts.joined(separator: "\($0)")) }
            let found = (numbered[0] == nil ? numbered.dropFirst() : numbered[...]).prefix { $0 != nil }
            if !found.isEmpty { return found.compactMap { $0.map { Field(position: $0) } } }
        }
        return nil
    }

    /// Named figures: `revenue, net_income=净利润`; none where one of them is not there, or its name is no figure's.
    private static func figures(_ told: String?, _ names: [String]) -> [Field]? {
        guard let told else { return nil }
        let folded = names.map(HistoryColumn.folded)
        var fields: [Field] = []
        for entry in told.split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1).map { trimmed(String($0)) }
            guard let header = parts.last, let name = FigureRows.name(parts[0]),
                let position = position(of: header, names, folded)
                    ?? (names.isEmpty ? HistoryOptions.number(header) : nil)
            else { return [] }
            fields.append(Field(name: "\(name)", position: names.isEmpty ? position - 1 : position))
        }
        return fields
    }
}
