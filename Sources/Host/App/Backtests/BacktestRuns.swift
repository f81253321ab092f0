import Glibc
import HostCore
import HostManifest
import HostTrading
import PluginKit

/// The runs of one strategy: one, or one for each point of a sweep, over the same bars on all cores.
struct BacktestRuns: Sendable {
    /// One point: the strategy as it is there, and the keys that differ.
    private struct Point: Sendable {
        let strategy: StrategyDeclaration
        let settings: [String: String]
        let digest: String
    }

    /// Most points of a sweep.
    private static let limit = 5_000

    private let order: BacktestOrder
    private let source: SignalSource
    private let host: Host
    private let points: [Point]
    private let data: BacktestData
    /// Signals by what they come from, in the order of the data.
    private let signals: [String: [Double]]

    /// Lays out the points and computes their signals.
    init(
        _ strategy: StrategyDeclaration, _ order: BacktestOrder, _ source: SignalSource, _ host: Host
    ) async throws(PluginError) {
        (self.order, self.source, self.host) = (order, source, host)
        points = try Self.points(strategy, order, source.digest)
        let table = source.instruments
        let places = Dictionary(
            uniqueKeysWithValues: strategy.universe.enumerated().compactMap { place, instrument in
                table.id(of: instrument).map { ($0, place) }
            })
        data = BacktestData(source.bars, from: order.first, through: order.last) { places[$0] }
        guard !data.bars.isEmpty else {
            throw PluginError(.noData, "strategy/\(strategy.id): there is no bar of its instruments in that time.")
        }
        var signals: [String: [Double]] = [:]
        for from in Set(points.map(\.strategy.from)).sorted() { signals[from] = data.ordered(try source.signals(from)) }
        self.signals = signals
    }

    private static func points(
        _ strategy: StrategyDeclaration, _ order: BacktestOrder, _ data: String
    ) throws(PluginError) -> [Point] {
        let formulas = order.cross?.formulas ?? []
        let crosses = formulas.count > 1 ? [BacktestOrder.Sweep("from", formulas)] : []
        var points: [(StrategyDeclaration, [String: String])] = [(strategy, [:])]
        for sweep in crosses + order.sweeps {
            guard points.count * sweep.values.count <= limit else {
                throw PluginError(
                    .configuration, "'--sweep' makes more than \(limit) runs; give fewer values.")
            }
            var next: [(StrategyDeclaration, [String: String])] = []
            for (point, settings) in points {
                for value in sweep.values {
                    var changed = point
                    if let fault = changed.set(sweep.name, to: value) {
                        throw PluginError(.configuration, "'--sweep': \(fault)")
                    }
                    next.append((changed, settings.merging([sweep.name: value]) { $1 }))
                }
            }
            points = next
        }
        return points.map { strategy, settings in
            let words = strategy.description.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
            let window = ["\(order.first)", "\(order.last)"]
            return Point(
                strategy: strategy, settings: settings, digest: StableDigest.of([strategy.id] + words + window + [data])
            )
        }
    }

    /// Runs all points, stores what was tried and the report of one that was not swept.
    func run() async throws(PluginError) {
        let sessions = try await runAll()
        guard let id = points.first?.strategy.id else { return }
        var ledger = try BacktestLedger(id, in: host.state.path)
        try ledger.note(zip(points, sessions).map { ($0.digest, $1.dailySharpe ?? 0) })
        for (point, session) in zip(points, sessions) {
            let frame = BacktestReport.Frame(
                configuration: point.strategy.description, digest: point.digest, tries: ledger.tries.count,
                variance: ledger.variance, index: index(point.strategy))
            guard let report = BacktestReport(session, data, frame) else {
                throw PluginError(
                    .noData,
                    "strategy/\(id): \(PluginError.quoted(point.strategy.from)) has no value at any bar, so nothing was decided."
                )
            }
            if points.count == 1 { try ledger.store(report) }
            order.result.add(
                BacktestResult.Run(
                    report: report, fills: session.fills, members: session.plan.members.map(\.name),
                    settings: point.settings))
        }
    }

    /// Every core takes the next of the points that is left; results are in the order of the points.
    private func runAll() async throws(PluginError) -> [TradingSession] {
        let count = points.count
        var found: [TradingSession?] = Array(repeating: nil, count: count)
        let isStopping = host.isStopping
        await withTaskGroup(of: (Int, TradingSession?).self) { group in
            var next = 0
            let lanes = min(count, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            while next < lanes {
                add(next, to: &group)
                next += 1
            }
            var done = 0
            while let (place, session) = await group.next() {
                found[place] = session
                done += 1
                if count > 1 { order.progress(done, count) }
                guard next < count, !isStopping.isFired else { continue }
                add(next, to: &group)
                next += 1
            }
        }
        let all = found.compactMap(\.self)
        guard all.count == count else { throw PluginError(.cancelled, "the host is stopping.") }
        return all
    }

    private func add(_ place: Int, to group: inout TaskGroup<(Int, TradingSession?)>) {
        let (point, data, span) = (points[place], data, source.timeframe)
        let own = signals[point.strategy.from] ?? []
        group.addTask { (place, data.run(point.strategy.plan(span: span), signals: own)) }
    }

    /// The closes by day of the instrument that stands beside the account.
    private func index(_ strategy: StrategyDeclaration) -> (name: String, closes: [Int32: Double])? {
        guard let benchmark = strategy.benchmark, let id = source.instruments.id(of: benchmark) else { return nil }
        var closes: [Int32: Double] = [:]
        for bar in source.bars where bar.instrument == id {
            closes[TradingDay.day(of: bar.time, offset: 0)] = bar.close
        }
        return (benchmark.description, closes)
    }
}
