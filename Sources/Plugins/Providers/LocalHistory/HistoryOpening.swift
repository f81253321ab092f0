import DelimitedText
import EventTiming
import PluginKit

/// Finds and opens the files of a request.
struct HistoryOpening<Rows: EventRows> {
    /// The forms of files that hold the kind, best first.
    private let forms: [HistoryOptions]
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let timeframe: Timeframe
    /// What becomes of a last line without an end, which may not be written whole.
    private let cutEnd: CutEnd
    /// What was given of each file before; `nil` where nobody asks.
    private let given: [String: GivenRows]?

    init(
        _ forms: [HistoryOptions], log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void,
        timeframe: Timeframe, cutEnd: CutEnd = .taken, given: [String: GivenRows]? = nil
    ) {
        (self.forms, self.log, self.timeframe) = (forms, log, timeframe)
        (self.cutEnd, self.given) = (cutEnd, given)
    }

    /// Opens the files to be read one after the other; of dated ones those that can have events of the range, or the last
    /// only.
    func inFileOrder(
        _ references: [InstrumentReference], range: ClosedRange<Int64>, lastOnly: Bool
    ) throws(PluginError) -> HistoryFiles<Rows> {
        var files = HistoryFiles<Rows>(forms[0], given: given, log: log)
        let owners = try owners(references, &files)
        for owner in owners {
            guard let chain = lastOnly ? owner.chain.last : owner.chain.limited(to: range) else { continue }
            try add(
                Owner(owner.targets, chain, owner.options, isExclusive: owner.isExclusive), nil, &files,
                count: owners.count)
        }
        files.tellRest()
        return files
    }

    /// Opens the files to be read side by side.
    func inEventOrder(
        _ references: [InstrumentReference], after position: HistoryPosition?
    ) throws(PluginError) -> HistoryFiles<Rows> {
        var files = HistoryFiles<Rows>(forms[0], given: given, log: log)
        let owners = try owners(references, &files)
        for owner in owners {
            let isGrouped =
                owner.options.isByTime && !owner.isExclusive && owner.targets.count > 1 && owner.chain.count == 1
            if isGrouped {
                try addGroups(owner, position, &files)
            } else {
                try add(owner, position, &files, count: owners.count)
            }
        }
        files.tellRest()
        return files
    }

    /// Files, and whom they are of.
    private struct Owner {
        let targets: [RowTarget]
        let chain: FileChain
        let options: HistoryOptions
        /// Whether the files are for one instrument only, so that another's row in them is a fault.
        let isExclusive: Bool

        init(_ targets: [RowTarget], _ chain: FileChain, _ options: HistoryOptions, isExclusive: Bool) {
            (self.targets, self.chain, self.options, self.isExclusive) = (targets, chain, options, isExclusive)
        }

        /// The instrument, where the files are only for one.
        var only: InstrumentID? { targets.count == 1 ? targets[0].reference.id : nil }
    }

    /// The files of each instrument, or of those that share one.
    private func owners(
        _ references: [InstrumentReference], _ files: inout HistoryFiles<Rows>
    ) throws(PluginError) -> [Owner] {
        let targets = try RowTarget.all(references, forms[0].timeRules, owner: forms[0].instance)
        var catalogs: [FileCatalog] = []
        for form in forms { catalogs.append(try FileCatalog(form, timeframe: timeframe)) }
        if let single = catalogs[0].single {
            let form = forms.first { fits(single, $0) } ?? forms[0]
            return targets.isEmpty ? [] : [Owner(targets, single, form, isExclusive: false)]
        }
        var found: [(target: RowTarget, chain: FileChain, form: Int)] = []
        for target in targets {
            do throws(FileFault) {
                let (chain, form) = try find(target, &catalogs)
                found.append((target, chain, form))
            } catch { try files.note(error) }
        }
        var owners: [Owner] = []
        var places: [FileChain: Int] = [:]
        for (target, chain, form) in found {
            if let place = places[chain] {
                let others = owners[place]
                owners[place] = Owner(others.targets + [target], chain, others.options, isExclusive: others.isExclusive)
            } else {
                places[chain] = owners.count
                owners.append(Owner([target], chain, forms[form], isExclusive: !catalogs[form].isShared))
            }
        }
        for owner in owners where owner.isExclusive && owner.targets.count > 1 {
            for target in owner.targets { try files.note(ambiguous(target, owner)) }
        }
        return owners.filter { !$0.isExclusive || $0.targets.count == 1 }
    }

    /// The files of an instrument in the first form that it has files of.
    private func find(
        _ target: RowTarget, _ catalogs: inout [FileCatalog]
    ) throws(FileFault) -> (FileChain, form: Int) {
        var fault: FileFault?
        var other: (FileChain, Int)?
        for index in catalogs.indices {
            do throws(FileFault) {
                let chain = try catalogs[index].files(for: target.reference)
                if fits(chain, forms[index]) { return (chain, index) }
                other = other ?? (chain, index)
            } catch { fault = fault ?? error }
        }
        if let other { return other }
        throw fault ?? .cancelled(forms[0])
    }

    /// Whether the first row has as many fields as files of the form; what cannot be read is told when it is opened.
    private func fits(_ chain: FileChain, _ form: HistoryOptions) -> Bool {
        guard let count = form.fieldCount else { return true }
        let file = chain[chain.count - 1]
        let reader = RecordReader(path: file.path, format: file.format(form))
        return (try? reader.next()) != true || reader.fieldCount == count
    }

    private func opening(_ owner: Owner, count: Int) -> FileOpening<Rows> {
        FileOpening(
            options: owner.options, timeframe: timeframe, cutEnd: cutEnd, count: max(count, 1),
            needsSymbols: !owner.isExclusive && owner.targets.count > 1)
    }

    /// Opens the first file that can be read from one on; notes what is wrong with the others.
    private func open(
        _ owner: Owner, _ opening: FileOpening<Rows>, from start: Int, _ files: inout HistoryFiles<Rows>
    ) throws(PluginError) -> (file: OpenedFile, index: Int)? {
        for index in start..<owner.chain.count {
            do throws(FileFault) {
                let opened = try opening.open(owner.chain, index)
                for remark in opened.survey.remarks { files.tell(remark) }
                return (opened, index)
            } catch {
                var fault = error
                fault.instrument = owner.only
                try files.note(fault)
            }
        }
        return nil
    }

    /// One cursor for all rows of files; `count` are read side by side.
    private func add(
        _ owner: Owner, _ position: HistoryPosition?, _ files: inout HistoryFiles<Rows>, count: Int
    ) throws(PluginError) {
        let opening = opening(owner, count: max(count, owner.targets.count))
        let key = owner.isExclusive ? "\(owner.targets[0].reference.instrument)" : sharedKey(owner.targets)
        let stamp = stamp(of: owner)
        if isRead([key], position, stamp) { return }
        let start = position?.files[key]?.part.map { owner.chain.index(from: $0) } ?? 0
        // All files are done with; the last is looked at again, where it may have grown.
        let first = min(start, owner.chain.count - 1)
        guard let (opened, index) = try open(owner, opening, from: first, &files) else { return }
        let symbols = SymbolIndex(AskedInstruments(owner.targets), isExclusive: owner.isExclusive)
        var source: OpenedSource<Rows>
        do throws(FileFault) { source = try opening.source(opened, symbols) } catch {
            var fault = error
            fault.instrument = owner.only
            return try files.note(fault)
        }
        if Task.isCancelled { throw owner.options.cancelled }
        if let fault = source.fault { try files.note(fault) }
        (source.index, source.part, source.stamp) = (index, owner.chain.part(index), stamp)
        let cursor = EventCursor(
            key: key, owner.options, source, instrument: owner.only,
            following: opening.following(in: owner.chain, symbols))
        try files.add(cursor, after: position)
        if !owner.isExclusive { resumeParts(cursor, key, owner, position, opened, &files) }
    }

    /// A file for all that an earlier stream read in groups is resumed by the time of each instrument.
    private func resumeParts(
        _ cursor: EventCursor<Rows>, _ key: String, _ owner: Owner, _ position: HistoryPosition?, _ opened: OpenedFile,
        _ files: inout HistoryFiles<Rows>
    ) {
        guard position?.files[key] == nil else { return }
        if let position {
            var pushed: [InstrumentID: Int64] = [:]
            for target in owner.targets {
                guard let part = position.files["\(target.reference.instrument)"], part.eventRecord > 0 else {
                    continue
                }
                pushed[target.reference.id] = part.eventTime
            }
            cursor.skip(through: pushed)
        }
        if opened.layout[.symbol] != nil { files.expect(owner.targets, cursor, opened.file) }
    }

    /// One file for all: rows grouped by instrument are read side by side, others in the order of the file.
    private func addGroups(
        _ owner: Owner, _ position: HistoryPosition?, _ files: inout HistoryFiles<Rows>
    ) throws(PluginError) {
        let stamp = stamp(of: owner)
        if isRead(owner.targets.map { "\($0.reference.instrument)" }, position, stamp) { return }
        let opening = opening(owner, count: owner.targets.count)
        guard var (opened, _) = try open(owner, opening, from: 0, &files) else { return }
        let asked = AskedInstruments(owner.targets)
        var scan: GroupScan<Rows>
        do throws(FileFault) {
            scan = GroupScan(
                try opening.decoder(opened, SymbolIndex(asked, isExclusive: false)), stride: opened.stride)
        } catch { return try files.note(error) }
        do throws(TextError) {
            try scan.run(opened.reader)
            if !scan.isInterleaved, scan.groups.contains(where: { $0.part == nil }) {
                opened.reader = try opening.unpacked(opened)
                try scan.run(opened.reader)
            }
        } catch {
            // What was found is read, and the fault of the file told beside it.
            try files.note(FileFault(error, place: opened.file.place, instrument: nil))
        }
        if Task.isCancelled { throw owner.options.cancelled }
        guard !scan.isInterleaved else { return try add(owner, position, &files, count: 1) }
        for group in scan.groups {
            guard let part = group.part else { continue }
            let symbols = SymbolIndex(asked, own: group.target, isExclusive: false)
            let rows: RowDecoder<Rows>
            do throws(FileFault) { rows = try opening.decoder(opened, symbols) } catch { return try files.note(error) }
            let source = RowSource(opened.reader, rows, part: part, isReversed: opened.survey.isNewestFirst)
            let cursor = EventCursor(
                key: "\(group.target.reference.instrument)", owner.options,
                OpenedSource(file: opened.file, source: source, stamp: stamp), instrument: group.target.reference.id)
            try files.add(cursor, after: position)
        }
        let found = Set(scan.groups.map(\.target.reference.id))
        let missing = owner.targets.filter { !found.contains($0.reference.id) }
        try files.noteMissing(missing, scan.names, opened.file)
    }

    /// What tells whether the file of an owner is the same; `nil` where it has several, or what they were is looked for.
    private func stamp(of owner: Owner) -> String? {
        owner.chain.count == 1 && given == nil ? FileStamp.of(owner.chain[0].path) : nil
    }

    /// Whether an earlier stream read the very same file to its end: there is nothing to open it for.
    private func isRead(_ keys: [String], _ position: HistoryPosition?, _ stamp: String?) -> Bool {
        guard let position, let stamp else { return false }
        return keys.allSatisfy { position.files[$0]?.stamp == stamp }
    }

    /// The instrument's name, or a digest of all: progress in a shared file holds only for the same instruments.
    private func sharedKey(_ targets: [RowTarget]) -> String {
        let names = targets.map { "\($0.reference.instrument)" }.sorted()
        if names.count == 1 { return names[0] }
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in names.joined(separator: " ").utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "*\(String(digest, radix: 16))"
    }

    private func ambiguous(_ target: RowTarget, _ owner: Owner) -> FileFault {
        let names = owner.targets.map { "\($0.reference.instrument)" }.joined(separator: " and ")
        let place = owner.chain[0].place
        return FileFault(
            .configuration, reason: "ambiguous_file", place: place,
            "'\(place)' would be the file of \(names). Name files CODE.VENUE.csv, or set file_pattern.",
            instrument: target.reference.id)
    }
}
