import Builtin
import HostCore
import HostGateway
import HostManifest
import HostTrading
import PluginKit

/// The paper accounts of a running host: what its enabled strategies hold, by what the store has.
///
/// An account is no state of its own. It follows from stored bars and stored predictions, which are written in one transaction, through
/// the session that back-tests run in: so a host that was killed holds what it held. A prediction is used as it was made then; a fit
/// that came later changes none. It is computed when somebody asks, and again when a bar has come.
actor PaperDesk {
    /// An account with what it follows from.
    private struct Kept {
        let key: [Int64]
        let strategy: StrategyDeclaration
        let account: PaperAccount
    }

    private let manifest: @Sendable () -> Manifest
    private let view: HostView
    private let events: any EventStore
    private let outcomes: any OutcomeStore
    private var kept: [String: Kept] = [:]

    /// Creates accounts over what is stored.
    init(
        manifest: @escaping @Sendable () -> Manifest, view: HostView, events: any EventStore, outcomes: any OutcomeStore
    ) {
        self.manifest = manifest
        self.view = view
        self.events = events
        self.outcomes = outcomes
    }

    /// The ids of enabled strategies.
    nonisolated var ids: [String] { manifest().strategies.filter(\.isEnabled).map(\.id) }

    /// Returns the account of a strategy; `nil` where there is no such strategy.
    func account(_ id: String) async throws(PluginError) -> PaperAccount? {
        let manifest = manifest()
        guard let strategy = manifest.strategies.first(where: { $0.id == id && $0.isEnabled }),
            let pipeline = manifest.pipelines.first(where: { $0.id == strategy.pipeline })
        else { return nil }
        let key = newest(strategy)
        if let known = kept[id], known.key == key, known.strategy == strategy { return known.account }
        let (account, stored) = try await compute(strategy, pipeline, manifest)
        // A bar is shown before it is stored: an account without it is told and not kept.
        if stored == key { kept[id] = Kept(key: key, strategy: strategy, account: account) }
        return account
    }

    /// The newest event time of each instrument.
    private func newest(_ strategy: StrategyDeclaration) -> [Int64] {
        strategy.universe.map { instrument in
            guard let id = view.instruments.id(of: instrument) else { return .min }
            return view.latest.entries(id).first { $0.pipeline == strategy.pipeline }?.event.time ?? .min
        }
    }

    private func compute(
        _ strategy: StrategyDeclaration, _ pipeline: PipelineDeclaration, _ manifest: Manifest
    ) async throws(PluginError) -> (account: PaperAccount, newest: [Int64]) {
        var (bars, signals) = ([Bar](), [Double]())
        var newest: [Int64] = []
        for (place, instrument) in strategy.universe.enumerated() {
            let own = try await self.bars(of: instrument, strategy.pipeline, pipeline.timeframe).map { bar in
                var bar = bar
                bar.instrument = InstrumentID(rawValue: UInt32(place))
                return bar
            }
            bars += own
            newest.append(own.last?.time ?? .min)
            signals += try await self.signals(strategy, instrument, own, manifest)
        }
        let data = BacktestData(bars) { Int($0.rawValue) }
        let ordered = data.ordered(signals)
        var session = TradingSession(strategy.plan(span: pipeline.timeframe))
        // Of an event time that is not complete yet nothing is decided.
        let last = data.steps.last.map { $0.count < strategy.universe.count ? 1 : 0 } ?? 0
        for step in data.steps.dropLast(last) {
            session.step(data.bars[step], of: data.members[step], signals: ordered[step])
        }
        return (PaperAccount(session, strategy), newest)
    }

    private func bars(
        of instrument: Instrument, _ pipeline: String, _ timeframe: Timeframe
    ) async throws(PluginError) -> [Bar] {
        var (bars, first) = ([Bar](), Int64.min)
        while true {
            let piece = try await events.events(
                Bar.self,
                EventQuery(
                    instrument: instrument, timeframe: timeframe, pipeline: pipeline, range: first...Int64.max,
                    limit: 16_384,
                    isFromStart: true))
            bars += piece.map(\.bar)
            guard piece.count == 16_384, let last = piece.last?.bar.time, last < .max else { return bars }
            first = last + 1
        }
    }

    /// What was known at each bar: the predictions that were made then, or a formula's values.
    private func signals(
        _ strategy: StrategyDeclaration, _ instrument: Instrument, _ bars: [Bar], _ manifest: Manifest
    ) async throws(PluginError) -> [Double] {
        if manifest.models.contains(where: { $0.instance.id == strategy.from }) {
            let known = try await predictions(strategy, instrument)
            return bars.map { known[$0.time] ?? .nan }
        }
        guard !bars.isEmpty else { return [] }
        if let indicator = manifest.indicators.first(where: { $0.featureNames.contains(strategy.from) }) {
            return try values(of: strategy.from, indicator, bars)
        }
        return try ComputedTable([strategy.from], over: bars, plugins: Builtin.plugins).values(of: 0)
    }

    private func predictions(
        _ strategy: StrategyDeclaration, _ instrument: Instrument
    ) async throws(PluginError) -> [Int64: Double] {
        var (found, query) = ([Int64: Double](), OutcomeQuery())
        (query.model, query.pipeline, query.instruments) = (strategy.from, strategy.pipeline, [instrument])
        query.limit = 16_384
        while true {
            let piece = try await outcomes.predictions(query, offset: found.count)
            for stored in piece { found[stored.prediction.time] = stored.prediction.value }
            guard piece.count == query.limit else { return found }
        }
    }

    private func values(
        of column: String, _ indicator: IndicatorDeclaration, _ bars: [Bar]
    ) throws(PluginError) -> [Double] {
        guard indicator.sources.isEmpty, case .indicator(let make) = indicator.instance.plugin.maker,
            let place = indicator.featureNames.firstIndex(of: column)
        else {
            throw PluginError(
                .unsupported,
                "strategy: \(PluginError.quoted(column)) compares rows or follows from others; a paper account takes models, formulas and "
                    + "indicators of bars. `penstock backtest` takes it.")
        }
        let prototype = try make(indicator.instance.configuration)
        let instance = FeaturePlan.Instance(
            id: indicator.instance.id, outputs: indicator.instance.outputs, prototype: prototype)
        var bank = IndicatorBank<Bar>(plan: FeaturePlan(instances: [instance]))
        var rows: [Double] = []
        bank.process(bars, into: &rows)
        let width = indicator.featureNames.count
        return bars.indices.map { rows[$0 * width + place] }
    }
}

extension Host {
    /// The paper accounts of enabled strategies, over what is stored.
    var paperAccounts: StrategyControl {
        PaperDesk(
            manifest: { self.manifest }, view: view, events: state.database, outcomes: state.database
        ).control
    }
}

extension PaperDesk {
    /// What the gateway needs of it.
    nonisolated var control: StrategyControl {
        StrategyControl(
            ids: { self.ids },
            account: { id in try await self.account(id).map { SortedJSON.bytes($0) } })
    }
}
