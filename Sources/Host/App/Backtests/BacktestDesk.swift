import Builtin
import HostCore
import HostManifest
import HostTrading
import HostTraining
import PluginKit

/// Runs back-tests on the data of pipelines: the one path from bars to reports, whatever a strategy decides by.
struct BacktestDesk {
    let host: Host
    let order: BacktestOrder

    /// Runs what is ordered; throws the first fault.
    func run() async throws(HostError) {
        let strategies = try strategies()
        let pipelines = Set(strategies.map(\.pipeline))
        do throws(PluginError) {
            for composed in try host.compose(host.instances, only: pipelines) {
                let own = strategies.filter { $0.pipeline == composed.pipeline.plan.id }
                try await run(own, composed)
            }
        } catch {
            throw HostError(
                exitCode: error.exitCode,
                error.message.hasPrefix("backtest") ? error.message : "backtest: \(error.message)")
        }
    }

    /// The strategies that are meant, with what the command line sets.
    private func strategies() throws(HostError) -> [StrategyDeclaration] {
        var chosen = try order.cross == nil ? named() : [crossing()]
        for place in chosen.indices {
            for (name, value) in order.settings {
                if let fault = chosen[place].set(name, to: value) {
                    throw HostError(exitCode: 2, "backtest: '--set': \(fault)")
                }
            }
        }
        return chosen
    }

    private func named() throws(HostError) -> [StrategyDeclaration] {
        let all = host.manifest.strategies
        guard !all.isEmpty else {
            throw HostError(
                exitCode: 2,
                "backtest: \(host.manifest.file) has no strategy. Write strategies: { s1: { from: MODEL, rule: top_k } }, or give "
                    + "'--sma-cross 10/30'.")
        }
        var chosen: [StrategyDeclaration] = []
        for id in order.strategies.isEmpty ? all.map(\.id) : order.strategies {
            guard let found = all.first(where: { $0.id == id }) else {
                throw HostError(
                    exitCode: 2,
                    "backtest: no strategy \(PluginError.quoted(id)). " + Suggestion.hint(for: id, among: all.map(\.id))
                )
            }
            chosen.append(found)
        }
        return chosen
    }

    private func crossing() throws(HostError) -> StrategyDeclaration {
        let bars = host.manifest.pipelines.filter { $0.kind == .bar }
        let wanted = order.pipeline.map { id in bars.filter { $0.id == id } } ?? bars
        guard wanted.count == 1, let pipeline = wanted.first, let formula = order.cross?.formulas.first else {
            throw HostError(
                exitCode: 2,
                "backtest: '--pipeline' is \(order.pipeline ?? "missing"); allowed one of \(bars.map(\.id).joined(separator: ", "))."
            )
        }
        return StrategyDeclaration(
            id: "sma_cross", pipeline: pipeline.id, from: formula, rule: .threshold, universe: pipeline.instruments)
    }

    private func run(_ strategies: [StrategyDeclaration], _ composed: ComposedPipeline) async throws(PluginError) {
        try await composed.pipeline.route.prepare()
        let preparation = host.preparation(
            composed, host.isStopping, models: host.view.models, isStrict: true,
            past: try await composed.pipeline.hasPast())
        let (host, order) = (host, order)
        let result = await LongWork.run(until: host.isStopping, grace: host.manifest.host.stopTimeout * 0.5) {
            await Result { () async throws(PluginError) in
                let source = try await SignalSource(strategies, composed, preparation, host.view.instruments)
                for strategy in strategies {
                    let runs = try await BacktestRuns(strategy, order, source, host)
                    try await runs.run()
                }
            }
        }
        guard let result else {
            host.leftBehind.fire()
            throw PluginError(.cancelled, "backtest: it did not end with the stop and was given up.")
        }
        try result.get()
    }
}
