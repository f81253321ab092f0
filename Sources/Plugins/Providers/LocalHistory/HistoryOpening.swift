import DelimitedText
import PluginKit
import TimeZones
import TradingCalendars

/// Finds and opens the files of a request.
struct HistoryOpening {
    private let options: HistoryOptions
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let timeframe: Timeframe
    /// Whether a last line without an end waits, because it may not be written whole.
    private let holdsCutEnd: Bool

    init(
        _ options: HistoryOptions, log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void,
        timeframe: Timeframe, holdsCutEnd: Bool = false
    ) {
        (self.options, self.log, self.timeframe, self.holdsCutEnd) = (options, log, timeframe, holdsCutEnd)
    }

    /// Opens the files to be read one after the other.
    func inFileOrder(_ references: [InstrumentReference]) throws(PluginError) -> HistoryFiles {
        var files = HistoryFiles(options, log: log)
        let targets = try targets(references)
        let catalog = try FileCatalog(options)
        if let file = catalog.single {
            guard let opened = try open(file, targets, isExclusive: false, &files) else { return files }
            try addShared(opened, targets, nil, &files)
        } else {
            try openFolder(catalog, targets, nil, &files)
        }
        files.tellRest()
        return files
    }

    /// Opens the files to be read side by side.
    func inEventOrder(
        _ references: [InstrumentReference], after position: HistoryPosition?
    ) throws(PluginError) -> HistoryFiles {
        var files = HistoryFiles(options, log: log)
        let targets = try targets(references)
        let catalog = try FileCatalog(options)
        if let file = catalog.single {
            try openSingle(file, targets, position, &files)
        } else {
            try openFolder(catalog, targets, position, &files)
        }
        files.tellRest()
        return files
    }

    /// A file whose header and first rows are read.
    private struct OpenedFile {
        let file: HistoryFile
        var reader: RecordReader
        let layout: ColumnLayout
        let survey: FileSurvey
        /// Rows between two places of an index.
        let stride: Int
    }

    /// Zone and session of each instrument, once per instrument.
    private func targets(_ references: [InstrumentReference]) throws(PluginError) -> [RowTarget] {
        var zones: [String: Zone] = [:]
        var targets: [RowTarget] = []
        var ids: Set<InstrumentID> = []
        let calendars = options.endsByCalendar ? try? CalendarBook() : nil
        for reference in references where ids.insert(reference.id).inserted {
            let session = VenueSession(reference.instrument)
            let name = options.zoneName ?? session.zoneName
            let zone: Zone
            if let known = zones[name] { zone = known } else { zone = try self.zone(name) }
            zones[name] = zone
            targets.append(
                RowTarget(
                    reference: reference, zone: zone, sessionClose: options.sessionClose ?? session.close,
                    hasWeekend: session.hasWeekend,
                    calendar: session.hasWeekend ? calendars?.calendar(of: reference.instrument) : nil))
        }
        return targets
    }

    private func zone(_ name: String) throws(PluginError) -> Zone {
        do throws(ZoneError) { return try Zone(named: name) } catch {
            let code: PluginError.Code = error.code == .unknownZone ? .configuration : .environment
            throw PluginError(code, "\(options.instance): \(error.description)")
        }
    }

    private func openFolder(
        _ found: FileCatalog, _ targets: [RowTarget], _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) {
        var catalog = found
        var owners: [(target: RowTarget, file: HistoryFile)] = []
        for target in targets {
            do throws(FileFault) { owners.append((target, try catalog.file(for: target.reference))) } catch {
                try files.note(error)
            }
        }
        let shared = Dictionary(grouping: owners) { $0.file }.filter { $0.value.count > 1 }
        for (target, file) in owners {
            if let claims = shared[file] {
                try files.note(ambiguous(target, file, claims.map(\.target)))
            } else if let opened = try open(file, targets, isExclusive: true, &files, target.reference.id) {
                let symbols = SymbolIndex(AskedInstruments([target]), isExclusive: true)
                try add(opened, symbols, "\(target.reference.instrument)", target.reference.id, position, &files)
            }
        }
    }

    /// One file for all: rows grouped by instrument are read side by side, others in the order of the file.
    private func openSingle(
        _ file: HistoryFile, _ targets: [RowTarget], _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) {
        guard var opened = try open(file, targets, isExclusive: false, &files) else { return }
        guard targets.count > 1 else { return try addShared(opened, targets, position, &files) }
        let asked = AskedInstruments(targets)
        var scan = GroupScan(decoder(opened, SymbolIndex(asked, isExclusive: false)), stride: opened.stride)
        do throws(TextError) {
            try scan.run(opened.reader)
            if !scan.isInterleaved, scan.groups.contains(where: { $0.part == nil }) {
                opened.reader = try unpacked(opened)
                try scan.run(opened.reader)
            }
        } catch {
            // What was found is read, and the fault of the file told beside it.
            try files.note(FileFault(error, place: file.place, instrument: nil))
        }
        if Task.isCancelled { throw options.cancelled }
        guard !scan.isInterleaved else { return try addShared(opened, targets, position, &files) }
        for group in scan.groups {
            guard let part = group.part else { continue }
            let id = group.target.reference.id
            let rows = decoder(opened, SymbolIndex(asked, own: group.target, isExclusive: false))
            let source = RowSource(opened.reader, rows, part: part, isReversed: opened.survey.isNewestFirst)
            let key = "\(group.target.reference.instrument)"
            try files.add(BarCursor(key: key, options, file, source, instrument: id), after: position)
        }
        let found = Set(scan.groups.map(\.target.reference.id))
        try files.noteMissing(targets.filter { !found.contains($0.reference.id) }, scan.names, file)
    }

    /// One cursor for all instruments of a file.
    private func addShared(
        _ opened: OpenedFile, _ targets: [RowTarget], _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) {
        let key = sharedKey(targets)
        let symbols = SymbolIndex(AskedInstruments(targets), isExclusive: false)
        let only = targets.count == 1 ? targets[0].reference.id : nil
        guard let cursor = try add(opened, symbols, key, only, position, &files) else { return }
        if let position, position.files[key] == nil {
            var pushed: [InstrumentID: Int64] = [:]
            for target in targets {
                guard let part = position.files["\(target.reference.instrument)"], part.barRecord > 0 else { continue }
                pushed[target.reference.id] = part.barTime
            }
            cursor.skip(through: pushed)
        }
        if opened.layout[.symbol] != nil, position?.files[key] == nil { files.expect(targets, cursor, opened.file) }
    }

    /// Adds a cursor for all rows of a file.
    @discardableResult private func add(
        _ opened: OpenedFile, _ symbols: SymbolIndex, _ key: String, _ instrument: InstrumentID?,
        _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) -> BarCursor? {
        let (source, fault): (RowSource?, TextError?)
        do throws(TextError) { (source, fault) = try self.source(opened, symbols) } catch {
            (source, fault) = (nil, error)
        }
        if Task.isCancelled { throw options.cancelled }
        if let fault { try files.note(FileFault(fault, place: opened.file.place, instrument: instrument)) }
        guard let source else { return nil }
        let cursor = BarCursor(key: key, options, opened.file, source, instrument: instrument)
        try files.add(cursor, after: position)
        return cursor
    }

    /// A source of all rows of a file; one that stands from new to old is read from its end, and its fault found before.
    private func source(
        _ opened: OpenedFile, _ symbols: SymbolIndex
    ) throws(TextError) -> (RowSource?, TextError?) {
        let rows = decoder(opened, symbols)
        guard opened.survey.isNewestFirst else { return (RowSource(opened.reader, rows), nil) }
        let reader = opened.reader.place == nil ? try unpacked(opened) : opened.reader
        guard let whole = try RowIndex.whole(reader, stride: opened.stride) else { return (nil, nil) }
        return (RowSource(reader, rows, part: whole.index, isReversed: true), whole.fault)
    }

    /// A reader of the laid out text, behind the header as the given one is.
    private func unpacked(_ opened: OpenedFile) throws(TextError) -> RecordReader {
        let reader = try opened.reader.unpacked(in: options.stateDirectory)
        while reader.recordNumber < opened.reader.recordNumber, try reader.next() {}
        return reader
    }

    /// The instrument's name, or a digest of all: progress in a shared file holds only for the same instruments.
    private func sharedKey(_ targets: [RowTarget]) -> String {
        let names = targets.map { "\($0.reference.instrument)" }.sorted()
        if names.count == 1 { return names[0] }
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in names.joined(separator: " ").utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "*\(String(digest, radix: 16))"
    }

    private func open(
        _ file: HistoryFile, _ targets: [RowTarget], isExclusive: Bool, _ files: inout HistoryFiles,
        _ instrument: InstrumentID? = nil
    ) throws(PluginError) -> OpenedFile? {
        let count = max(targets.count, 1)
        var format = options.format
        format.pieceBytes = min(max((16 << 20) / count, 1 << 12), 1 << 18)
        format.holdsCutEnd = holdsCutEnd
        let reader = RecordReader(path: file.path, format: format)
        do throws(FileFault) {
            let layout = try ColumnLayout(reader, options, file)
            if !isExclusive, count > 1, layout[.symbol] == nil { throw noSymbols(file, targets) }
            var survey = try FileSurvey(reader, options, file, layout)
            try survey.check(against: timeframe)
            for remark in survey.remarks { files.tell(remark) }
            let stride = min(max((1 << 18) / count, 32), 1_024)
            return OpenedFile(file: file, reader: reader, layout: layout, survey: survey, stride: stride)
        } catch {
            var fault = error
            fault.instrument = instrument
            try files.note(fault)
            return nil
        }
    }

    private func decoder(_ opened: OpenedFile, _ symbols: SymbolIndex) -> RowDecoder {
        RowDecoder(
            options, opened.file, opened.layout, BarEnd(timeframe: timeframe, isStart: options.timeIsStart), symbols,
            opened.survey)
    }

    private func noSymbols(_ file: HistoryFile, _ targets: [RowTarget]) -> FileFault {
        FileFault(
            .malformed, reason: "missing_column", place: "\(file.place):1",
            "'\(file.place)' has no column for 'symbol' and \(targets.count) instruments are asked from it. Name it in "
                + "columns.symbol, or give a folder with one file per instrument.")
    }

    private func ambiguous(_ target: RowTarget, _ file: HistoryFile, _ claims: [RowTarget]) -> FileFault {
        let names = claims.map { "\($0.reference.instrument)" }.joined(separator: " and ")
        return FileFault(
            .configuration, reason: "ambiguous_file", place: file.place,
            "'\(file.place)' would be the file of \(names). Name files CODE.VENUE.csv, or set file_pattern.",
            instrument: target.reference.id)
    }
}
