import HostCore
import HostGateway
import HostManifest
import HostStorage
import HostTelemetry
import PluginKit
import ServiceLifecycle
import Synchronization

/// Watches positions against their limits beside the pipelines, and tells sinks of the alerts.
///
/// Nothing of it stands in a pipeline's way: prices come over a feed that keeps the newest of each instrument.
final class RiskService: Service {
    private static let interval = Duration.seconds(1)

    let desk: RiskDesk
    private let host: Host
    private let notifiers = Guarded<[String: RiskNotifier]>([:])

    init(host: Host, feed: PriceFeed) {
        self.host = host
        let report = host.report
        desk = RiskDesk(
            RiskDesk.Environment(
                store: host.state.database, events: host.state.database, directory: host.view.instruments,
                latest: host.view.latest, feed: feed,
                warn: { report(.warning($0)) }))
        self.feed = feed
    }

    private let feed: PriceFeed
    private let counted = Guarded<HostFigures.Risk?>(nil)

    /// Runs until it is its turn to stop.
    func run() async throws {
        let clock = ContinuousClock()
        var next = clock.now
        while !host.isStopping.isFired, !Task.isCancelled {
            var hasNews = false
            if clock.now >= next {
                hasNews = true
                await desk.adopt(host.manifest)
                await desk.tick(lag: lag(await desk.held), drift: drift)
                await count()
                next = clock.now.advanced(by: Self.interval)
            }
            if await desk.takePrices() || hasNews { tell() }
            await feed.wait(atMost: min(Self.interval, max(.zero, clock.now.duration(to: next))))
        }
        try? await gracefulShutdown()
    }

    /// Judges what came last and tells of it, before the sinks are stopped; what a sink does not take in time waits for the next
    /// start.
    func settle(within span: Duration) async {
        await desk.adopt(host.manifest)
        await desk.takePrices()
        await desk.tick(lag: lag(await desk.held), drift: drift)
        let targets = targets
        _ = await Instances.finishes(within: span, clock: ContinuousClock()) {
            await withTaskGroup(of: Void.self) { group in
                for (notifier, sink) in targets { group.addTask { _ = await notifier.deliver(to: sink, isLast: true) } }
            }
        }
    }

    /// The sinks that are told, with who tells them.
    private var targets: [(RiskNotifier, any Sink)] {
        let sinks = host.instances.sinks
        return (host.manifest.risk?.sinks ?? []).compactMap { id in
            guard let sink = sinks[id] else { return nil }
            let notifier = notifiers.change { all in
                let found = all[id] ?? RiskNotifier(id, host.state.database, host.view.instruments)
                all[id] = found
                return found
            }
            return (notifier, sink)
        }
    }

    /// Lets each sink be told in a task of its own: one that hangs holds no other.
    private func tell() {
        let report = host.report
        for (notifier, sink) in targets {
            // Unstructured on purpose: a sink's call may outlast any wait here; the notifier takes one at a time.
            Task { if let fault = await notifier.deliver(to: sink) { report(.warning(fault)) } }
        }
    }

    /// What is counted, as it was at the last tick.
    var figures: HostFigures.Risk? { counted.value }

    private func count() async {
        guard host.manifest.risk != nil else { return counted.change { $0 = nil } }
        let (alerts, prices) = (await desk.engine.alerts, feed.counts)
        var now = HostFigures.Risk()
        (now.open, now.suppressed) = (alerts.all.count, alerts.suppressed)
        (now.prices, now.replaced) = (prices.offered, prices.replaced)
        for row in await standings { now.waiting[row.sink] = Int(row.waiting) }
        let counts = now
        counted.change { $0 = counts }
    }

    /// How far predictions are behind events, of instruments that are held and predicted.
    private func lag(_ held: [InstrumentID]) -> [(instrument: InstrumentID, lag: Int64)] {
        let predicted = Set(host.manifest.pipelines.filter { !$0.models.isEmpty }.map(\.id))
        let latest = host.view.latest
        return held.compactMap { id in
            let events = latest.entries(id).filter { predicted.contains($0.pipeline) }
            guard let newest = events.map(\.event.time).max() else { return nil }
            let last = latest.predictions(id).map(\.prediction.time).max() ?? host.view.startedAt
            return (id, max(0, newest - last))
        }
    }

    /// How far features of models have drifted.
    private var drift: [(model: String, index: Double)] {
        host.view.counters().flatMap { pipeline in
            pipeline.models.compactMap { model in
                model.rows.shifts.max { $0.psi < $1.psi }.map { (model.id, $0.psi) }
            }
        }
    }
}

extension RiskService {
    /// What the gateway needs of it.
    var control: RiskControl {
        RiskControl { [desk, weak self] question in
            switch question {
            case .positions: SortedJSON.bytes(try await desk.positionsReport())
            case .exposure: SortedJSON.bytes(try await desk.exposure())
            case .limits: SortedJSON.bytes(try await desk.limits())
            case .alerts(let states, let limit):
                SortedJSON.bytes(
                    RiskReport.Alerts(
                        alerts: try await self?.alerts(states, limit) ?? [], sinks: await self?.standings ?? []))
            case .put(let json): SortedJSON.bytes(try await desk.put(json))
            case .fill(let json): SortedJSON.bytes(try await desk.fill(json))
            case .check(let json): SortedJSON.bytes(try await desk.check(json))
            case .acknowledge(let id, let name): SortedJSON.bytes(try await desk.acknowledge(id, by: name))
            case .drill(let rule): SortedJSON.bytes(try await desk.drill(rule))
            }
        }
    }

    private func alerts(_ states: [AlertState], _ limit: Int) async throws(PluginError) -> [RiskReport.AlertRow] {
        try await host.state.database.alerts(states, limit: limit).map { RiskReport.AlertRow($0) }
    }

    private var standings: [RiskReport.Alerts.SinkRow] {
        get async {
            let last = (try? await host.state.database.lastNumbers().change) ?? 0
            var rows: [RiskReport.Alerts.SinkRow] = []
            for (id, notifier) in notifiers.value.sorted(by: { $0.key < $1.key }) {
                let standing = await notifier.standing
                rows.append(
                    RiskReport.Alerts.SinkRow(
                        sink: id, told: standing.told, waiting: max(0, last - standing.told), dropped: standing.dropped,
                        fault: standing.fault))
            }
            return rows
        }
    }
}
