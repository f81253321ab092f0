import DelimitedText
import PluginKit
import TimeZones

/// Finds and opens the files of a request.
struct HistoryOpening {
    private let options: HistoryOptions
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let timeframe: Timeframe

    init(
        _ options: HistoryOptions, log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void,
        timeframe: Timeframe
    ) {
        (self.options, self.log, self.timeframe) = (options, log, timeframe)
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
        return files
    }

    /// Opens the files to be read side by side; throws where none can be.
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
        try files.throwIfNothingIsReadable()
        return files
    }

    /// A file whose header is read.
    private struct OpenedFile {
        let file: HistoryFile
        let reader: RecordReader
        let layout: ColumnLayout
    }

    /// Zone and session of each instrument, once per instrument.
    private func targets(_ references: [InstrumentReference]) throws(PluginError) -> [RowTarget] {
        var zones: [String: Zone] = [:]
        var targets: [RowTarget] = []
        var ids: Set<InstrumentID> = []
        for reference in references where ids.insert(reference.id).inserted {
            let session = VenueSession(reference.instrument)
            let name = options.zoneName ?? session.zoneName
            let zone: Zone
            if let known = zones[name] { zone = known } else { zone = try self.zone(name) }
            zones[name] = zone
            targets.append(
                RowTarget(
                    reference: reference, zone: zone, sessionClose: options.sessionClose ?? session.close,
                    hasWeekend: session.hasWeekend))
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
                let decoder = decoder(opened, SymbolIndex(AskedInstruments([target]), isExclusive: true))
                let cursor = BarCursor(
                    key: "\(target.reference.instrument)", options, file, opened.reader, decoder,
                    instrument: target.reference.id)
                try files.add(cursor, after: position)
            }
        }
    }

    /// One file for all: rows grouped by instrument are read side by side, others in the order of the file.
    private func openSingle(
        _ file: HistoryFile, _ targets: [RowTarget], _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) {
        guard let opened = try open(file, targets, isExclusive: false, &files) else { return }
        guard targets.count > 1 else { return try addShared(opened, targets, position, &files) }
        let asked = AskedInstruments(targets)
        var scan = GroupScan(opened.reader, decoder(opened, SymbolIndex(asked, isExclusive: false)))
        do throws(FileFault) { try scan.run(opened.file) } catch { try files.note(error) }
        guard !scan.isInterleaved else { return try addShared(opened, targets, position, &files) }
        for group in scan.groups {
            let instrument = group.target.reference.instrument
            let index = SymbolIndex(asked, own: group.target, isExclusive: false)
            let cursor = BarCursor(
                key: "\(instrument)", options, file, group.reader, decoder(opened, index),
                instrument: group.target.reference.id, hasRecord: group.hasRecord, endsWithGroup: true)
            try files.add(cursor, after: position)
        }
        let found = Set(scan.groups.map(\.target.reference.id))
        try files.noteMissing(targets.filter { !found.contains($0.reference.id) }, scan.names, file)
    }

    /// One cursor for all instruments of a file.
    private func addShared(
        _ opened: OpenedFile, _ targets: [RowTarget], _ position: HistoryPosition?, _ files: inout HistoryFiles
    ) throws(PluginError) {
        let decoder = decoder(opened, SymbolIndex(AskedInstruments(targets), isExclusive: false))
        let cursor = BarCursor(
            key: sharedKey(targets), options, opened.file, opened.reader, decoder,
            instrument: targets.count == 1 ? targets[0].reference.id : nil)
        if opened.layout[.symbol] != nil, position?.files[cursor.key] == nil {
            files.expect(targets, cursor, opened.file)
        }
        try files.add(cursor, after: position)
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
        var format = options.format
        format.pieceBytes = min(max((64 << 20) / max(targets.count, 1), 1 << 12), 1 << 18)
        let reader = RecordReader(path: file.path, format: format)
        do throws(FileFault) {
            let layout = try ColumnLayout(reader, options, file)
            if !isExclusive, targets.count > 1, layout[.symbol] == nil { throw noSymbols(file, targets) }
            return OpenedFile(file: file, reader: reader, layout: layout)
        } catch {
            var fault = error
            fault.instrument = instrument
            try files.note(fault)
            return nil
        }
    }

    private func decoder(_ opened: OpenedFile, _ symbols: SymbolIndex) -> RowDecoder {
        RowDecoder(options, opened.file, opened.layout, timeframe, symbols)
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

/// Finds where each instrument's rows begin in a file for all; one pass that stops where an instrument comes again.
private struct GroupScan {
    /// Where an instrument's rows begin.
    struct Group {
        let target: RowTarget
        let reader: RecordReader
        /// Whether the reader stands on the group's first record, or before it.
        let hasRecord: Bool
    }

    private(set) var groups: [Group] = []
    private(set) var isInterleaved = false
    private let begin: RecordReader
    private var decoder: RowDecoder

    init(_ begin: RecordReader, _ decoder: RowDecoder) {
        self.begin = begin
        self.decoder = decoder
    }

    /// Names in the symbol column so far.
    var names: [String] { decoder.symbolNames }

    /// Reads the file; where it ends too early, what was found stays and its last reader meets the fault again.
    mutating func run(_ file: HistoryFile) throws(FileFault) {
        do throws(TextError) { try scan() } catch {
            if groups.isEmpty { throw FileFault(error, place: file.place, instrument: nil) }
        }
        if Task.isCancelled {
            throw FileFault(.cancelled, reason: "cancelled", place: file.place, "reading was cancelled.")
        }
    }

    private mutating func scan() throws(TextError) {
        let reader = try begin.copy()
        var seen: Set<InstrumentID> = []
        var current: InstrumentID?
        while try reader.next() {
            if reader.recordNumber & 0xFFF == 0, Task.isCancelled { return }
            guard case .wanted(let target) = decoder.symbol(reader), target.reference.id != current else { continue }
            guard seen.insert(target.reference.id).inserted else {
                isInterleaved = true
                return
            }
            current = target.reference.id
            // Rows before the first group that cannot be read belong to its cursor, so that they are reported.
            let start = groups.isEmpty ? begin : reader
            groups.append(Group(target: target, reader: try start.copy(), hasRecord: !groups.isEmpty))
        }
    }
}
