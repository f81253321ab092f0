public import PluginKit

/// Bars from files: CSV, plain or gzip, one file per instrument or one for all; replayed as a stream or asked for.
///
/// - Gives: `Bar` of any timeframe, as the files hold them; order, duplicates and OHLC are judged by the host.
/// - Time: files say local time of the venue, or of `time_zone`; converted to UTC here. A date is a session's end.
/// - Limits: none; files are read in pieces, so their size does not matter.
/// - Needs: nothing from outside but the files, and `tzdata` for zones other than UTC.
/// - Source: RFC 4180 (CSV), RFC 1952 (gzip).
public struct LocalHistory: Provider {
    private let options: HistoryOptions
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let clock: any Clock<Duration>

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "local_history",
        summary: "Replays bars from local CSV files, plain or gzip, one file per instrument or one for all.",
        schema: schema,
        provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: true, needsNetwork: false))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        HistoryOptions.faults(in: configuration)
    }

    /// Builds an instance; reads no file.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, context: context, clock: ContinuousClock())
    }

    /// Builds an instance that paces its replay by a clock of the caller's.
    package init(
        _ configuration: Configuration, context: PluginContext, clock: any Clock<Duration>
    ) throws(PluginError) {
        options = try HistoryOptions(configuration, context: context)
        log = context.log
        self.clock = clock
    }

    /// Throws where `path` is no file or folder that can be read.
    public func probe() async throws(PluginError) {
        _ = try FileCatalog(options)
    }

    /// Returns the bars in the range, instrument by instrument, each in the order of its file.
    ///
    /// What cannot be read, a whole file included, is among the defects. Throws `.notFound` (or the fault of the first
    /// file) where no file of any instrument can be read, `.noData` where files have nothing in the range.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind == .bar else { throw unsupported(request.kind, "answers with") }
        let opening = HistoryOpening(options, log: log, timeframe: request.timeframe)
        var files = try opening.inFileOrder(request.instruments)
        var book = ReplyBook(files.takeDefects())
        for cursor in files.cursors {
            do throws(FileFault) { try read(cursor, request.range, into: &book) } catch { try files.fail(error) }
            try files.checkRows(of: cursor)
            book.add(files.takeDefects())
            if Task.isCancelled { throw options.cancelled }
        }
        try files.noteMissing()
        if book.events.isEmpty { try files.throwIfNothingIsReadable(book.defects) }
        book.add(files.takeDefects())
        guard book.events.isEmpty, book.defects.isEmpty else { return book.reply }
        throw PluginError(
            .noData,
            "\(options.instance): the files in '\(options.shownPath)' have no bars in the asked range. "
                + "Ask for another range.")
    }

    /// Pushes the bars of all instruments in order of event time, ties by instrument id, then returns; where files are
    /// followed, it goes on with what is added to them.
    ///
    /// A position holds for each instrument how much of its file was pushed, so a stream that resumes gives exactly the
    /// rest, also after a file grew; where a file was rewritten, rows up to the last pushed event time are left out.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        guard subscription.kind == .bar else { throw unsupported(subscription.kind, "streams") }
        let position = try subscription.resumeAfter.map { position throws(PluginError) in
            try HistoryPosition(position, instance: options.instance)
        }
        let follows = options.follows && subscription.waitsForMore
        let opening = HistoryOpening(options, log: log, timeframe: subscription.timeframe, holdsCutEnd: follows)
        var following = FileFollowing(options, subscription, log, receiver, clock)
        if follows { following.watch() }
        let files = try opening.inEventOrder(subscription.instruments, after: position)
        var replay = HistoryReplay(files, options, receiver, after: position)
        try await replay.run(clock: clock)
        guard follows else { return }
        await receiver.caughtUp()
        try await following.run(after: replay.position, cut: replay.cut)
    }

    private func unsupported(_ kind: EventKind, _ verb: String) -> PluginError {
        PluginError(
            .unsupported,
            "\(options.instance): \(verb) bars, not \(kind.rawValue) events. Route this to another provider.")
    }

    private func read(_ cursor: BarCursor, _ range: ClosedRange<Int64>, into book: inout ReplyBook) throws(FileFault) {
        repeat {
            if let bar = cursor.head, range.contains(bar.time) { book.events.append(bar) }
            var isSettled = false
            while !isSettled, !Task.isCancelled {
                var defects: [Defect] = []
                defer { book.add(defects) }
                isSettled = try cursor.advance(&defects)
            }
        } while cursor.head != nil && !Task.isCancelled
    }
}

/// What a request is answered with; of very many defects the first are kept, the others counted.
private struct ReplyBook {
    /// Defects that are listed; a stream hands on all of them, in parts.
    private static let listed = 10_000

    var events: [Bar] = []
    private(set) var defects: [Defect]
    private var unlisted = 0

    init(_ defects: [Defect]) { self.defects = defects }

    mutating func add(_ more: [Defect]) {
        let taken = more.prefix(max(0, Self.listed - defects.count))
        defects += taken
        unlisted += more.count - taken.count
    }

    var reply: Reply {
        guard unlisted > 0 else { return Reply(events: events, defects: defects) }
        let rest = Defect(
            instrument: nil, place: "", reason: "more_defects",
            message: "\(unlisted) more rows cannot be read; they are counted here and not listed.", raw: "")
        return Reply(events: events, defects: defects + [rest])
    }
}
