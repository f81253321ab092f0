import HostCore
import PluginKit
import PredictionTargets

/// Looks at a fit for anything of the future; part of every fit, at a bounded cost.
struct LeakageGate {
    /// Judged rows that are drawn again, the newest.
    private static let most = 20_000

    private let plan: TrainingPlan
    private let data: TrainingData
    private let lots: [Trainer.Lot]
    private var probe: FoldProbe?
    private var spent: Duration = .zero
    private let clock = ContinuousClock()

    init(
        _ plan: TrainingPlan, _ data: TrainingData, _ lots: [Trainer.Lot], isCancelled: @escaping @Sendable () -> Bool
    ) {
        (self.plan, self.data, self.lots) = (plan, data, lots)
        probe = lots.first.flatMap { FoldProbe(plan, $0, isCancelled: isCancelled) }
    }

    /// Fits before anything else is fitted.
    mutating func begin() async throws(PluginError) {
        let start = clock.now
        try await probe?.begin()
        spent += start.duration(to: clock.now)
    }

    /// Checks everything, after all fits.
    func verdict(
        _ set: SupervisedSet, _ judged: [Trainer.JudgedFold], _ metrics: PredictionMetrics
    ) async throws(PluginError) -> LeakageVerdict {
        let start = clock.now
        let suspects = SuspectColumns(set, plan.target)
        var checks = FeatureProbe(data, plan).checks()
        checks += [FigureDates.check(data, plan), suspects.isLabel, overlap]
        checks += try await probe?.checks() ?? []
        checks.append(tooGood(suspects, Trainer.JudgedFold.rows(judged), metrics))
        let order = LeakageVerdict.Kind.allCases
        checks.sort { (order.firstIndex(of: $0.check) ?? 0) < (order.firstIndex(of: $1.check) ?? 0) }
        return LeakageVerdict(checks, seconds: Trainer.seconds(spent + start.duration(to: clock.now)))
    }

    private var overlap: LeakageVerdict.Check {
        LabelOverlap.check(
            lots.map { ($0.folds, $0.before.rows) }, horizon: plan.target.horizon, embargo: plan.validation.embargo)
    }

    /// The model's own skill beside that of chance and of the naive rule, and each feature's.
    private func tooGood(
        _ suspects: SuspectColumns, _ judged: [PanelMetrics.Row], _ metrics: PredictionMetrics
    ) -> LeakageVerdict.Check {
        let rows = judged.suffix(Self.most)
        let null = LabelNull(
            rows.map { LabelNull.Row(time: $0.time, instrument: $0.instrument, label: $0.observation.label) },
            horizon: plan.target.horizon, seed: plan.seed)
        let found = null?.test(rows.map(\.observation.prediction))
        let (naive, ceiling) = (abs(metrics.naiveRankIC ?? 0), SuspectColumns.ceiling(plan.target))
        let numbers: [String: Double?] = [
            "rank_ic": metrics.rankIC, "naive_rank_ic": metrics.naiveRankIC, "allowed_above_naive": ceiling,
            "chance_deviation": found?.deviation, "p_value": found?.pValue,
        ]
        var told = suspects.tooGood.prefix(8).map {
            "the feature '\($0.name)' alone has rank IC \(SuspectColumns.text($0.rank))"
        }
        if let rankIC = metrics.rankIC, let found, abs(rankIC) - naive > ceiling, found.distance > SuspectColumns.clear
        {
            told.insert("out of sample it has rank IC \(SuspectColumns.text(rankIC))", at: 0)
        }
        guard !told.isEmpty else { return LeakageVerdict.Check(.tooGood, .pass, "", numbers) }
        return LeakageVerdict.Check(
            .tooGood, .fail,
            "Too good to be true: \(told.joined(separator: ", ")), where persistence has \(SuspectColumns.text(naive)) and "
                + "\(SuspectColumns.text(ceiling)) more is believed.", numbers)
    }
}
