import CivilTime
import FoundationEssentials
import HostCore
import HostManifest
import PluginKit

/// The risk service's memory and judgement: takes prices, keeps alerts, answers questions. One task works it; others ask.
actor RiskDesk {
    /// What it stands on.
    struct Environment: Sendable {
        let store: any RiskStore
        let events: any EventStore
        let directory: InstrumentTable
        let latest: LatestValues
        let feed: PriceFeed
        let warn: @Sendable (String) -> Void
    }

    private static let accountName = "account"
    static let positionsName = "positions"
    /// Changes that are stored in one go at most.
    private static let batch = 1_000
    private static let historyLooks = 3

    var engine: RiskEngine
    let environment: Environment
    private(set) var declaration: RiskDeclaration?
    private(set) var manifest: Manifest?
    var positions: [Position] = []
    private(set) var source = ""
    private var fileStamp: FileStamp?
    private(set) var fault: String?
    private var unstored: [AlertChange] = []
    private var isKeeping = false
    /// How many instruments each pipeline has.
    private var instruments: [Int] = []
    private var storedAccount: RiskAccount?
    /// Counts sets of positions; what was read for one means nothing for the next.
    var generation = 0
    private var historyOf: (generation: Int, span: Int64, looks: Int)?
    private var isLive = false
    private var hasBegun = false

    init(_ environment: Environment) {
        self.environment = environment
        engine = RiskEngine(environment.directory)
    }

    // MARK: Starting and changing

    /// Goes over to what a manifest says; where it fails it says so and is tried again by the next call.
    func adopt(_ manifest: Manifest) async {
        // What a source lists comes after the start.
        let listed = manifest.pipelines.map(\.instruments.count)
        guard manifest.risk != declaration || self.manifest == nil || listed != instruments else { return }
        let isListedAnew = listed != instruments
        instruments = listed
        for pipeline in manifest.pipelines {
            for instrument in pipeline.instruments { _ = environment.directory.intern(instrument) }
        }
        do throws(PluginError) {
            if !hasBegun { try await begin() }
            self.manifest = manifest
            isLive = manifest.hasLiveProvider
            guard let risk = manifest.risk else {
                declaration = nil
                clear()
                await keep()
                return
            }
            // From now on each of them is told of every change.
            for sink in risk.sinks { _ = try await environment.store.told(sink) }
            let isOther = risk.positions != declaration?.positions || declaration == nil || isListedAnew
            let version = try await environment.store.version(ofLimits: risk.text)
            let before = declaration
            declaration = risk
            engine.set(risk.engineLimits, version: version, at: now)
            if isOther {
                fileStamp = nil
                try await firstPositions()
            } else if before?.rates != risk.rates || before?.currency != risk.currency {
                hold(positions, keepingEquity: false)
            }
            await keep()
        } catch { complain(error.message) }
    }

    private func begin() async throws(PluginError) {
        let last = try await environment.store.lastNumbers()
        var account = RiskAccount()
        if let text = try await environment.store.riskText(Self.accountName),
            let kept = try? JSONDecoder().decode(RiskAccount.self, from: Data(text.utf8))
        {
            account = kept
        }
        engine = RiskEngine(
            environment.directory, alerts: AlertBook(lastID: last.alert, lastNumber: last.change), account: account)
        engine.resume(try await environment.store.alerts([.open, .acknowledged], limit: 100_000))
        hasBegun = true
    }

    private func clear() {
        positions = []
        engine.set(RiskLimits(), version: 0, at: now)
        engine.set(RiskBook(), at: now)
        environment.feed.watch([])
    }

    private func firstPositions() async throws(PluginError) {
        if declaration?.positions != nil { return await readFile() }
        source = "rest"
        guard let text = try await environment.store.riskText(Self.positionsName), let declaration else {
            return hold([], keepingEquity: false)
        }
        do throws(PluginError) {
            hold(
                try PositionList(json: Array(text.utf8)).checked(declaration, environment.directory),
                keepingEquity: false)
        } catch { complain(error.message) }
    }

    /// Reads the file of positions again where it changed.
    func readFile() async {
        guard let declaration, let manifest, let path = declaration.positions.map(manifest.resolve) else { return }
        let stamp = FileStamp(path)
        guard stamp != fileStamp else { return }
        let isFirst = fileStamp == nil
        fileStamp = stamp
        source = path
        do throws(PluginError) {
            hold(
                try PositionList(file: path).checked(declaration, environment.directory), keepingEquity: !isFirst)
        } catch { complain("\(error.message) What was held before still is.") }
    }

    func hold(_ all: [Position], keepingEquity: Bool) {
        guard let declaration, let manifest else { return }
        positions = all
        generation += 1
        fault = nil
        show(book(all, declaration, manifest), keepingEquity: keepingEquity)
    }

    /// Goes over to another book; prices that came before anybody held their instruments are taken from what is shown.
    func show(_ book: RiskBook, keepingEquity: Bool) {
        engine.set(book, at: now, keepingEquity: keepingEquity)
        environment.feed.watch(held)
        for holding in engine.state.book.holdings where holding.priceTime == nil {
            let newest = environment.latest.entries(holding.id).map(\.event).max { $0.time < $1.time }
            guard let newest else { continue }
            engine.take(newest.price, at: newest.time, of: holding.id, now: max(now, newest.time))
        }
    }

    func book(_ all: [Position], _ declaration: RiskDeclaration, _ manifest: Manifest) -> RiskBook {
        let groups = manifest.instruments.map(\.id)
        let members = manifest.instruments.map { Set($0.instruments) }
        let entries = all.map { position in
            (
                position: position, id: environment.directory.intern(position.instrument),
                rate: declaration.rate(of: position.currency) ?? .nan,
                groups: groups.indices.filter { members[$0].contains(position.instrument) }
            )
        }
        return RiskBook(entries, groups: groups, pricesOf: engine.state.book)
    }

    private func complain(_ message: String) {
        guard fault != message else { return }
        fault = message
        environment.warn(message)
    }

    // MARK: Working

    /// What time it is: the clock's where data is live, else the newest event's.
    var now: Int64 { isLive ? WallClock.now() : max(0, environment.feed.newest) }

    /// Takes the prices that wait, and keeps what changes by them; returns whether there is something to tell.
    @discardableResult func takePrices() async -> Bool {
        guard declaration != nil else { return false }
        for price in environment.feed.take() {
            engine.take(price.price, at: price.time, of: price.instrument, now: now)
        }
        return await keep()
    }

    /// Lets a second go by.
    func tick(lag: [(instrument: InstrumentID, lag: Int64)], drift: [(model: String, index: Double)]) async {
        guard declaration != nil else { return }
        await readFile()
        await readHistory()
        engine.tick(at: now, lag: lag, drift: drift)
        await keep()
        await keepAccount()
    }

    /// Instruments that a position is in.
    var held: [InstrumentID] { engine.state.book.holdings.map(\.id) }

    /// Reads the closes of the positions anew where others are held or another bar has begun.
    private func readHistory() async {
        guard let declaration, let manifest, !positions.isEmpty, environment.feed.newest > .min else { return }
        let plans = positions.map { manifest.barPipeline(of: $0.instrument)?.timeframe }
        let span = plans.compactMap(\.self).map(\.nanoseconds).min() ?? HistoryBucket.day
        let wanted = (generation, environment.feed.newest / max(1, span))
        // A bar is stored a moment after it came: a second look finds it.
        let looks = historyOf.map { ($0.generation, $0.span) == wanted ? $0.looks : 0 } ?? 0
        guard looks < Self.historyLooks else { return }
        var closes: [[(time: Int64, close: Double)]] = []
        for (position, timeframe) in zip(positions, plans) {
            guard let timeframe else {
                closes.append([])
                continue
            }
            let bars = try? await environment.events.bars(
                of: position.instrument, timeframe: timeframe, range: .min ... .max, limit: declaration.window + 1)
            closes.append(HistoryBucket.closes(bars ?? [], timeframe))
        }
        guard wanted.0 == generation else { return }
        historyOf = (wanted.0, wanted.1, looks + 1)
        engine.set(Scenarios(returns: Scenarios.returns(closes, window: declaration.window)), at: now)
    }

    /// Stores what changed; what cannot be stored now is tried again, and nobody is told of it before.
    @discardableResult func keep() async -> Bool {
        unstored += engine.takeChanges()
        // Another call that is under way stores these too.
        guard !unstored.isEmpty, !isKeeping else { return false }
        isKeeping = true
        defer { isKeeping = false }
        while !unstored.isEmpty {
            let part = Array(unstored.prefix(Self.batch))
            do throws(PluginError) {
                try await environment.store.keep(part)
                unstored.removeFirst(part.count)
            } catch {
                complain(error.message)
                return false
            }
        }
        return true
    }

    private func keepAccount() async {
        let account = engine.state.account
        guard account != storedAccount, account.peak != nil else { return }
        do throws(PluginError) {
            try await environment.store.keep(
                riskText: String(decoding: SortedJSON.bytes(account), as: UTF8.self), as: Self.accountName)
            storedAccount = account
        } catch { complain(error.message) }
    }
}
