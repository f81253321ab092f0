import DelimitedText
import EventTiming
import PluginKit

/// A file whose header and first rows are read.
struct OpenedFile {
    let file: HistoryFile
    var reader: RecordReader
    let layout: ColumnLayout
    let survey: FileSurvey
    /// Rows between two places of an index.
    let stride: Int
}

/// Opens files of one kind and makes what reads their rows.
struct FileOpening<Rows: EventRows>: Sendable {
    let options: HistoryOptions
    let timeframe: Timeframe
    /// What becomes of a last line without an end, which may not be written whole.
    let cutEnd: CutEnd
    /// How many files are read side by side; they share some memory.
    let count: Int
    /// Whether several instruments are asked of a file.
    let needsSymbols: Bool

    /// Reads the header and the first rows of a file; only the last of several can still be written.
    func open(_ chain: FileChain, _ index: Int) throws(FileFault) -> OpenedFile {
        var file = chain[index]
        var format = file.format(options)
        format.pieceBytes = min(max((16 << 20) / count, 1 << 12), 1 << 18)
        format.cutEnd = index == chain.count - 1 ? cutEnd : .taken
        if let table = options.table { file.place += "#\(table)" }
        let reader = RecordReader(path: file.path, format: format)
        let layout = try ColumnLayout(reader, options, file)
        if needsSymbols, layout[.symbol] == nil { throw noSymbols(file) }
        var survey = try FileSurvey(reader, options, file, layout)
        if Rows.timing == .span { try survey.check(against: timeframe) }
        if format.cutEnd == .taken { survey.checkEnd() }
        let stride = min(max((1 << 18) / count, 32), 1_024)
        return OpenedFile(file: file, reader: reader, layout: layout, survey: survey, stride: stride)
    }

    /// What decodes the rows of a file.
    func decoder(_ opened: OpenedFile, _ symbols: SymbolIndex) throws(FileFault) -> RowDecoder<Rows> {
        let rows: Rows
        do throws(MissingColumn) { rows = try Rows(opened.layout, options, opened.survey) } catch {
            let use = Rows.columns.first { $0.column == error.column } ?? ColumnUse(column: error.column)
            throw ColumnLayout.missing(use, opened.layout.names, options, opened.file)
        }
        // A span stands behind a time that is its start; other kinds have none unless their preset says so.
        let isStart = options.timeIsStart && (Rows.timing == .span || options.span != nil)
        let span = options.span ?? (Rows.timing == .span ? timeframe : Timeframe(1, .second))
        let timing = RowTiming(Rows.timing, span, isStart: isStart)
        return RowDecoder(opened.file, opened.layout, timing, rows, symbols, opened.survey)
    }

    /// A source of all rows of a file; one that stands from new to old is read from its end, and its fault found before.
    func source(_ opened: OpenedFile, _ symbols: SymbolIndex) throws(FileFault) -> OpenedSource<Rows> {
        let rows = try decoder(opened, symbols)
        guard opened.survey.isNewestFirst else {
            return OpenedSource(file: opened.file, source: RowSource(opened.reader, rows))
        }
        do throws(TextError) {
            let reader = opened.reader.place == nil ? try unpacked(opened) : opened.reader
            guard let whole = try RowIndex.whole(reader, stride: opened.stride) else {
                return OpenedSource(file: opened.file, source: RowSource(opened.reader, rows))
            }
            let source = RowSource(reader, rows, part: whole.index, isReversed: true)
            let fault = whole.fault.map {
                FileFault($0, place: opened.file.place, instrument: symbols.only?.reference.id)
            }
            return OpenedSource(file: opened.file, source: source, fault: fault)
        } catch {
            throw FileFault(error, place: opened.file.place, instrument: symbols.only?.reference.id)
        }
    }

    /// A reader of the laid out text, behind the header as the given one is.
    func unpacked(_ opened: OpenedFile) throws(TextError) -> RecordReader {
        let reader = try opened.reader.unpacked(in: options.stateDirectory)
        while reader.recordNumber < opened.reader.recordNumber, try reader.next() {}
        return reader
    }

    /// Gives the file at a place of a chain; `nil` behind the last.
    func following(
        in chain: FileChain, _ symbols: SymbolIndex
    ) -> ((Int) throws(FileFault) -> OpenedSource<Rows>?)? {
        guard chain.count > 1 else { return nil }
        return { (index) throws(FileFault) in
            guard index < chain.count else { return nil }
            var next = try source(try open(chain, index), symbols)
            (next.index, next.part) = (index, chain.part(index))
            return next
        }
    }

    private func noSymbols(_ file: HistoryFile) -> FileFault {
        FileFault(
            .malformed, reason: "missing_column", place: "\(file.place):1",
            "'\(file.place)' has no column for 'symbol' and several instruments are asked from it. Name it in columns.symbol, or "
                + "give a folder with one file per instrument.")
    }
}
