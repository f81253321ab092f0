import DelimitedText
import PluginKit

/// Where in a record each part of a bar stands.
struct ColumnLayout: Sendable {
    /// Field positions from 0 by the column's ordinal; -1 for none. A row costs a dozen look-ups: no dictionary.
    private let table: InlineArray<10, Int>
    /// How many fields a record has, where a header says so.
    let fieldCount: Int?
    /// Fields a record needs at least.
    let neededCount: Int

    /// Reads the header, or takes the configured numbers where there is none.
    init(_ reader: RecordReader, _ options: HistoryOptions, _ file: HistoryFile) throws(FileFault) {
        let positions: [BarColumn: Int]
        if options.hasHeader {
            let names = try Self.header(reader, options, file)
            positions = try Self.positions(names, options, file)
            fieldCount = names.count
        } else {
            positions = Self.numbered(options)
            fieldCount = nil
            if options.isAdjusted, positions[.adjustedClose] == nil {
                throw Self.missing(.adjustedClose, [], nil, file)
            }
        }
        neededCount = (positions.values.max() ?? 0) + 1
        var table = InlineArray<10, Int>(repeating: -1)
        for (column, position) in positions { table[column.ordinal] = position }
        self.table = table
    }

    /// Returns where a column's field stands, from 0, or `nil` where the file has none.
    subscript(column: BarColumn) -> Int? {
        let position = table[column.ordinal]
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
    ) throws(FileFault) -> [BarColumn: Int] {
        var positions: [BarColumn: Int] = [:]
        let folded = names.map(BarColumn.folded)
        for column in BarColumn.allCases {
            let told = options.columns[column]
            if let told, HistoryOptions.isNone(column, told) { continue }
            positions[column] = told.flatMap { position(of: $0, names, folded) }
            let isSet = options.setColumns.contains(column)
            if positions[column] == nil, !isSet {
                positions[column] = column.knownNames.lazy.compactMap { folded.firstIndex(of: $0) }.first
            }
            let isNeeded = !column.isOptional || isSet || (column == .adjustedClose && options.isAdjusted)
            if isNeeded, positions[column] == nil { throw missing(column, names, told, file) }
        }
        return positions
    }

    /// A configured name is looked for as written, then folded; a number counts from 1 where no header has that name.
    private static func position(of told: String, _ names: [String], _ folded: [String]) -> Int? {
        if let found = names.firstIndex(of: told) ?? folded.firstIndex(of: BarColumn.folded(told)) { return found }
        return HistoryOptions.number(told).flatMap { $0 <= names.count ? $0 - 1 : nil }
    }

    private static func numbered(_ options: HistoryOptions) -> [BarColumn: Int] {
        guard !options.columns.isEmpty else {
            return [.time: 0, .open: 1, .high: 2, .low: 3, .close: 4, .volume: 5]
        }
        return options.columns.compactMapValues { HistoryOptions.number($0).map { $0 - 1 } }
    }

    private static func missing(
        _ column: BarColumn, _ names: [String], _ told: String?, _ file: HistoryFile
    ) -> FileFault {
        let wanted = told.map { [$0] } ?? column.knownNames
        let guess = wanted.lazy.compactMap { NearestName.nearest(to: $0, among: names) }.first
        return FileFault(
            .malformed, reason: "missing_column", place: "\(file.place):1",
            "'\(file.place)' has no column for '\(column.rawValue)' (looked for \(wanted.joined(separator: ", "))). "
                + (guess.map { "Did you mean '\($0)'? " } ?? "") + NearestName.list(names, "Its columns are")
                + hint(names) + " Name it in columns.\(column.rawValue).")
    }

    /// What a header that is none looks like.
    private static func hint(_ names: [String]) -> String {
        let others: [(Character, String)] = [(";", ";"), ("\t", "tab"), ("|", "|"), (",", ",")]
        if names.count == 1, let other = others.first(where: { names[0].contains($0.0) }) {
            return " It looks as if the delimiter is '\(other.1)'."
        }
        let isData = names.count > 1 && names.dropFirst().allSatisfy { Double($0) != nil }
        return isData ? " The first row looks like data: set header: false." : ""
    }

    private static func trimmed(_ name: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = name.drop(while: isSpace)
        return String(start.reversed().drop(while: isSpace).reversed())
    }
}
