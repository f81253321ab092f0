import DelimitedText
import Glibc
import PluginKit

/// Goes on with what is added to files after a stream has pushed all they had.
///
/// A changed file is opened again and resumed from where it was left, so that exactly its new rows come; one that was
/// rewritten is resumed by time, and that is told. Bars that were given and are not what they were are given once more, flagged
/// `revised`, with those around them: the host knows which of them say something else. Changes gather for a moment, since who writes does so in pieces.
struct FileFollowing<Rows: EventRows> {
    /// Time between two looks at what changed.
    static var interval: Duration { .milliseconds(250) }
    /// Looks without a change after which a last line without an end counts as whole; and after which changes are taken up
    /// although more come.
    private static var patience: Int { 4 }

    private let forms: [HistoryOptions]
    private var options: HistoryOptions { forms[0] }
    private let subscription: Subscription
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let receiver: any EventReceiver
    private let clock: any Clock<Duration>
    private var position = HistoryPosition(eventTime: 0, files: [:])
    /// Instruments whose file ended in a line without an end.
    private var cut: Set<InstrumentID> = []
    private var given: [String: GivenRows] = [:]
    private var folderWatch: FolderWatch?

    init(
        _ forms: [HistoryOptions], _ subscription: Subscription,
        _ log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void, _ receiver: any EventReceiver,
        _ clock: any Clock<Duration>
    ) {
        (self.forms, self.subscription, self.log) = (forms, subscription, log)
        (self.receiver, self.clock) = (receiver, clock)
    }

    /// Begins to notice changes; called before the files are read, so that none is missed.
    mutating func watch() {
        folderWatch = FolderWatch(folders)
        guard folderWatch == nil else { return }
        let reason = String(cString: strerror(errno))
        log(
            .warning, "files are not followed",
            ["remark": "'\(options.shownPath)' is not followed, because the system gives no watch: \(reason)."])
    }

    /// Reads what is added from a position on, until cancelled; returns where nothing can be noticed.
    ///
    /// - Parameters:
    ///   - given: what was given of each file.
    ///   - cut: instruments whose file ended in a line without an end.
    mutating func run(
        after position: HistoryPosition, given: [String: GivenRows], cut: Set<InstrumentID>
    ) async throws(PluginError) {
        guard let watch = folderWatch else { return }
        (self.position, self.given, self.cut) = (position, given, cut)
        var changed = FolderWatch.Changes()
        var (quiet, waited) = (0, 0)
        while true {
            do { try await clock.sleep(for: Self.interval) } catch { throw options.cancelled }
            if Task.isCancelled { throw options.cancelled }
            let changes = watch.changes()
            changed.files.formUnion(changes.files)
            changed.isIncomplete = changed.isIncomplete || changes.isIncomplete
            quiet = changes.isEmpty ? quiet + 1 : 0
            waited = changed.isEmpty ? 0 : waited + 1
            if !changed.isEmpty, quiet > 0 || waited >= Self.patience {
                let wanted = references(of: changed)
                (changed, waited) = (FolderWatch.Changes(), 0)
                try await readOn(wanted, .held)
            } else if !self.cut.isEmpty, quiet >= Self.patience {
                let isWhole = catalogs?.contains { $0.single != nil || $0.isShared } ?? false
                let wanted = subscription.instruments.filter { isWhole || self.cut.contains($0.id) }
                self.cut = []
                try await readOn(wanted, .heldWhereShort)
            }
        }
    }

    private mutating func readOn(_ references: [InstrumentReference], _ cutEnd: CutEnd) async throws(PluginError) {
        guard !references.isEmpty else { return }
        let opening = HistoryOpening<Rows>(
            forms, log: log, timeframe: subscription.timeframe, cutEnd: cutEnd, given: given)
        let files: HistoryFiles<Rows>
        do throws(PluginError) { files = try opening.inEventOrder(references, after: position) } catch {
            if error.code == .cancelled { throw error }
            return log(.warning, "a file cannot be followed", ["remark": error.message])
        }
        try await revise(files.changed)
        var replay = HistoryReplay(files, options, receiver, after: position, mustRead: false)
        let clock: any Clock<Duration> = self.clock
        try await replay.run(clock: clock)
        position = replay.position
        given.merge(replay.given) { $1 }
        cut.subtract(references.map(\.id))
        guard cutEnd == .heldWhereShort else { return cut.formUnion(replay.cut) }
        // It waits for the next change, however long that takes.
        for place in replay.cutPlaces {
            log(
                .warning, "a file needs a look",
                ["remark": "the last line of '\(place)' has no end and too few fields; it waits for the rest."])
        }
    }

    /// Gives rows once more that are not what they were.
    private func revise(_ changed: [Rows.Event]) async throws(PluginError) {
        // They move no position.
        let position = HistoryPosition.text(
            eventTime: position.eventTime, [EventCursor<Rows>](), position.files)
        for start in stride(from: 0, to: changed.count, by: options.batchSize) {
            var events = Array(changed[start..<min(start + options.batchSize, changed.count)])
            for index in events.indices { events[index].flags.insert(.revised) }
            try await receiver.receive(Delivery(batch: Rows.Event.batch(events), position: position))
        }
    }

    /// The folders of the files: the path itself, or where it is a file its folder; and those that patterns name.
    private var folders: Set<String> {
        guard var catalogs, !catalogs.isEmpty else { return [Self.folder(of: options.path)] }
        if let single = catalogs[0].single { return [single.folder] }
        return catalogs.indices.reduce(into: []) { $0.formUnion(catalogs[$1].folders(of: subscription.instruments)) }
    }

    private var catalogs: [FileCatalog]? {
        var catalogs: [FileCatalog] = []
        for form in forms {
            guard let catalog = try? FileCatalog(form, timeframe: subscription.timeframe) else { return nil }
            catalogs.append(catalog)
        }
        return catalogs
    }

    /// The instruments whose file may be among those that changed; in a file for all that is every one.
    private func references(of changes: FolderWatch.Changes) -> [InstrumentReference] {
        guard var catalogs else { return [] }
        if let single = catalogs[0].single {
            let isChanged = changes.isIncomplete || changes.files.contains { single.contains($0) }
            return isChanged ? subscription.instruments : []
        }
        guard !changes.isIncomplete, !catalogs.contains(where: \.isShared) else { return subscription.instruments }
        return subscription.instruments.filter { reference in
            for index in catalogs.indices {
                guard let files = try? catalogs[index].files(for: reference) else { continue }
                return changes.files.contains { files.contains($0) }
            }
            return position.files["\(reference.instrument)"] != nil
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
