import Glibc
import PluginKit

/// Goes on with what is added to files after a stream has pushed all they had.
///
/// A changed file is opened again and resumed from where it was left, so that exactly its new rows come; one that was
/// rewritten is resumed by time, and that is told. Changes gather for a moment, since who writes does so in pieces.
struct FileFollowing {
    /// Time between two looks at what changed.
    static let interval = Duration.milliseconds(250)
    /// Looks without a change after which a last line without an end counts as whole; and after which changes are taken up
    /// although more come.
    private static let patience = 4

    private let options: HistoryOptions
    private let subscription: Subscription
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let receiver: any EventReceiver
    private let clock: any Clock<Duration>
    private var position = HistoryPosition(eventTime: 0, files: [:])
    /// Instruments whose file ended in a line without an end.
    private var cut: Set<InstrumentID> = []
    private var folderWatch: FolderWatch?

    init(
        _ options: HistoryOptions, _ subscription: Subscription,
        _ log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void, _ receiver: any EventReceiver,
        _ clock: any Clock<Duration>
    ) {
        (self.options, self.subscription, self.log) = (options, subscription, log)
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
    /// - Parameter cut: instruments whose file ended in a line without an end.
    mutating func run(after position: HistoryPosition, cut: Set<InstrumentID>) async throws(PluginError) {
        guard let watch = folderWatch else { return }
        (self.position, self.cut) = (position, cut)
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
                try await readOn(wanted, holdsCutEnd: true)
            } else if !self.cut.isEmpty, quiet >= Self.patience {
                let isWhole = (try? FileCatalog(options))?.single != nil
                let wanted = subscription.instruments.filter { isWhole || self.cut.contains($0.id) }
                self.cut = []
                try await readOn(wanted, holdsCutEnd: false)
            }
        }
    }

    private mutating func readOn(_ references: [InstrumentReference], holdsCutEnd: Bool) async throws(PluginError) {
        guard !references.isEmpty else { return }
        let opening = HistoryOpening(options, log: log, timeframe: subscription.timeframe, holdsCutEnd: holdsCutEnd)
        let files: HistoryFiles
        do throws(PluginError) { files = try opening.inEventOrder(references, after: position) } catch {
            if error.code == .cancelled { throw error }
            return log(.warning, "a file cannot be followed", ["remark": error.message])
        }
        var replay = HistoryReplay(files, options, receiver, after: position, mustRead: false)
        let clock: any Clock<Duration> = self.clock
        try await replay.run(clock: clock)
        position = replay.position
        cut.subtract(references.map(\.id))
        cut.formUnion(replay.cut)
    }

    /// The folders of the files: the path itself, or where it is a file its folder; and those a pattern names.
    private var folders: Set<String> {
        guard let catalog = try? FileCatalog(options) else { return [Self.folder(of: options.path)] }
        return catalog.single == nil ? catalog.folders(of: subscription.instruments) : [Self.folder(of: options.path)]
    }

    /// The instruments whose file may be among those that changed; in a file for all that is every one.
    private func references(of changes: FolderWatch.Changes) -> [InstrumentReference] {
        guard var catalog = try? FileCatalog(options) else { return [] }
        if catalog.single != nil {
            return changes.isIncomplete || changes.files.contains(options.path) ? subscription.instruments : []
        }
        guard !changes.isIncomplete else { return subscription.instruments }
        let paths = changes.files
        return subscription.instruments.filter { reference in
            guard let file = try? catalog.file(for: reference) else {
                return position.files["\(reference.instrument)"] != nil
            }
            return paths.contains(file.path)
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
