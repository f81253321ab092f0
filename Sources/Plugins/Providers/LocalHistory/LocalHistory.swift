import DelimitedText
public import PluginKit
import Synchronization

/// Events of every kind from files: CSV, plain, gzip or zip, SQLite and Parquet, one file per instrument, one a day, or one for all; replayed as
/// a stream or asked for.
///
/// - Gives: bars of any timeframe, trades, quotes, order books, figures and factors, as the files hold them; whether they
///   make sense is judged by the host.
/// - Time: files say local time of the venue, or of `time_zone`; converted to UTC here. A date is a session's end.
/// - Limits: none; files are read in pieces, so their size does not matter.
/// - Needs: nothing from outside but the files, and `tzdata` for zones other than UTC; libcarquet for Parquet.
/// - Source: RFC 4180 (CSV), RFC 1952 (gzip), PKWARE APPNOTE 6.3.10 (zip).
public struct LocalHistory: Provider {
    /// The forms of files of each kind.
    private let forms: [EventKind: [HistoryOptions]]
    private let options: HistoryOptions
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let clock: any Clock<Duration>

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "local_history",
        summary:
            "Replays bars, trades, quotes, order books, figures and factors from local files: CSV, SQLite, Parquet.",
        schema: schema,
        provider: ProviderCapabilities(
            fetches: Set(EventKind.allCases), streams: Set(EventKind.allCases), isReplay: true, needsNetwork: false))

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
        var forms: [EventKind: [HistoryOptions]] = [:]
        for kind in EventKind.allCases {
            forms[kind] = try HistoryOptions.all(kind, configuration, context: context)
        }
        self.forms = forms
        options = try HistoryOptions.all(.bar, configuration, context: context)[0]
        log = Self.tellingOnce(context.log)
        self.clock = clock
    }

    /// Throws where `path` is no file or folder that can be read.
    public func probe() async throws(PluginError) {
        _ = try FileCatalog(options)
    }

    /// Files are opened for what models learn from and for what is pushed: what is said of how one looks is said once.
    private static func tellingOnce(
        _ log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void
    ) -> @Sendable (PluginLogLevel, String, [String: String]) -> Void {
        let told = Mutex<Set<String>>([])
        return { level, message, data in
            if let remark = data["remark"], message != FileRemark.changed {
                guard told.withLock({ $0.count >= 10_000 || $0.insert(remark).inserted }) else { return }
            }
            log(level, message, data)
        }
    }

    /// Returns every instrument that the folder or file has, of any kind.
    public func instruments() async throws(PluginError) -> [Instrument] {
        try HistoryInstruments(EventKind.allCases.flatMap { forms[$0] ?? [] }).found.sorted()
    }

    /// Returns the events in the range, instrument by instrument, each in the order of its file; of quotes and order books
    /// the last of each instrument, and of dated files only the last is looked into for it.
    ///
    /// What cannot be read, a whole file included, is among the defects. Throws `.notFound` (or the fault of the first
    /// file) where no file of any instrument can be read, `.noData` where files have nothing in the range.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        // A type by name each, so that reading is compiled for each kind alone.
        switch request.kind {
        case .bar: try await fetch(request, BarRows.self)
        case .trade: try await fetch(request, TradeRows.self)
        case .quote: try await fetch(request, QuoteRows.self)
        case .orderBook: try await fetch(request, OrderBookRows.self)
        case .figure: try await fetch(request, FigureRows.self)
        case .factor: try await fetch(request, FactorRows.self)
        }
    }

    /// Pushes the events of all instruments in order of event time, ties by instrument id, then returns; where files are
    /// followed, it goes on with what is added to them.
    ///
    /// A position holds for each instrument how much of its file was pushed, so a stream that resumes gives exactly the
    /// rest, also after a file grew; where a file was rewritten, rows up to the last pushed event time are left out.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        // As in `fetch`: a type by name each.
        switch subscription.kind {
        case .bar: try await stream(subscription, BarRows.self, into: receiver)
        case .trade: try await stream(subscription, TradeRows.self, into: receiver)
        case .quote: try await stream(subscription, QuoteRows.self, into: receiver)
        case .orderBook: try await stream(subscription, OrderBookRows.self, into: receiver)
        case .figure: try await stream(subscription, FigureRows.self, into: receiver)
        case .factor: try await stream(subscription, FactorRows.self, into: receiver)
        }
    }

    /// The forms of files that can have what is asked.
    private func forms(_ kind: EventKind, _ timeframe: Timeframe) -> [HistoryOptions] {
        let all = forms[kind] ?? []
        let fitting = all.filter { kind != .bar || $0.units.isEmpty || $0.units.contains(timeframe.unit) }
        return fitting.isEmpty ? all : fitting
    }

    private func fetch<Rows: EventRows>(
        _ request: FetchRequest, _ rows: Rows.Type
    ) async throws(PluginError) -> Reply {
        let lastOnly = [.quote, .orderBook].contains(request.kind)
        let forms = forms(request.kind, request.timeframe)
        let opening = HistoryOpening<Rows>(forms, log: log, timeframe: request.timeframe)
        var files = try opening.inFileOrder(request.instruments, range: request.range, lastOnly: lastOnly)
        var book = ReplyBook<Rows.Event>(files.takeDefects(), lastOnly: lastOnly)
        for cursor in files.cursors {
            do throws(FileFault) { try read(cursor, request.range, into: &book) } catch { try files.fail(error) }
            try files.checkRows(of: cursor)
            book.add(files.takeDefects())
            if Task.isCancelled { throw options.cancelled }
        }
        try files.noteMissing()
        if book.isEmpty { try files.throwIfNothingIsReadable(book.defects) }
        book.add(files.takeDefects())
        guard book.isEmpty, book.defects.isEmpty else { return book.reply(in: request.instruments) }
        throw PluginError(
            .noData,
            "\(options.instance): the files in '\(options.shownPath)' have no \(request.kind.fileWords[1]) in the asked range. "
                + "Ask for another range.")
    }

    private func stream<Rows: EventRows>(
        _ subscription: Subscription, _ rows: Rows.Type, into receiver: any EventReceiver
    ) async throws(PluginError) {
        let position = try subscription.resumeAfter.map { position throws(PluginError) in
            try HistoryPosition(position, instance: options.instance)
        }
        let follows = options.follows && subscription.waitsForMore
        let forms = forms(subscription.kind, subscription.timeframe)
        let opening = HistoryOpening<Rows>(
            forms, log: log, timeframe: subscription.timeframe, cutEnd: follows ? .held : .taken,
            given: follows ? [:] : nil)
        var following = FileFollowing<Rows>(forms, subscription, log, receiver, clock)
        if follows { following.watch() }
        let files = try opening.inEventOrder(subscription.instruments, after: position)
        var replay = HistoryReplay(files, options, receiver, after: position)
        try await replay.run(clock: clock)
        guard follows else { return }
        await receiver.caughtUp()
        try await following.run(after: replay.position, given: replay.given, cut: replay.cut)
    }

    private func read<Rows>(
        _ cursor: EventCursor<Rows>, _ range: ClosedRange<Int64>, into book: inout ReplyBook<Rows.Event>
    ) throws(FileFault) {
        repeat {
            if let event = cursor.head, book.isWanted(event, range) {
                book.take(event)
                for other in cursor.others { book.take(other) }
            }
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
private struct ReplyBook<Event: MarketEvent> {
    private var events: [Event] = []
    private(set) var defects: [Defect]
    private var unlisted = 0
    /// The last event of each instrument, where only that is asked for.
    private var last: [InstrumentID: Event]?

    init(_ defects: [Defect], lastOnly: Bool) {
        self.defects = defects
        if lastOnly { last = [:] }
    }

    var isEmpty: Bool { events.isEmpty && last?.isEmpty ?? true }

    /// Whether an event is asked for: a range means nothing for the last.
    func isWanted(_ event: Event, _ range: ClosedRange<Int64>) -> Bool { last != nil || range.contains(event.time) }

    mutating func take(_ event: Event) {
        guard last != nil else { return events.append(event) }
        if let before = last?[event.instrument], before.time > event.time { return }
        last?[event.instrument] = event
    }

    mutating func add(_ more: [Defect]) {
        // A stream hands on all defects, in parts; a reply lists so many.
        let listed = 10_000
        let taken = more.prefix(max(0, listed - defects.count))
        defects += taken
        unlisted += more.count - taken.count
    }

    func reply(in order: [InstrumentReference]) -> Reply {
        let events = last.map { last in order.compactMap { last[$0.id] } } ?? events
        guard unlisted > 0 else { return Reply(events: events, defects: defects) }
        let rest = Defect(
            instrument: nil, place: "", reason: "more_defects",
            message: "\(unlisted) more rows cannot be read; they are counted here and not listed.", raw: "")
        return Reply(events: events, defects: defects + [rest])
    }
}
