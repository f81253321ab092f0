import PredictionTargets

extension SearchScheme.Metric {
    /// Returns the metric of predictions of some rows; `nil` where it is not defined.
    func score(
        _ found: [PredictionMetrics.Observation], of rows: [SupervisedSet.Row], target: Target
    ) -> Double? {
        let (labels, predictions) = (found.map(\.label), found.map(\.prediction))
        let value: Double? =
            switch self {
            case .r2: PredictionMetrics.r2(labels, predictions)
            case .ic: PredictionMetrics.pearson(labels, predictions)
            case .rankIC: PredictionMetrics.spearman(labels, predictions)
            case .icir:
                PanelMetrics.icir(
                    zip(rows, found).map { PanelMetrics.Row(time: $0.time, instrument: $0.instrument, observation: $1) }
                )
            case .directionalAccuracy:
                found.map { row in
                    let isUp = target.isUp(row.label, trailing: row.trailing)
                    return isUp == target.isUp(row.prediction, trailing: row.trailing) ? 1 : 0
                }.mean
            case .logLoss: found.map { PredictionMetrics.logLoss($0.label, $0.prediction) }.mean
            case .brier: found.map { ($0.label - $0.prediction) * ($0.label - $0.prediction) }.mean
            case .pinball: PredictionMetrics(found, target: target).pinball
            }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// What its naive rule reaches on rows.
    func naive(_ found: [PredictionMetrics.Observation], target: Target) -> Double {
        let metrics = PredictionMetrics(found, target: target)
        return switch self {
        // Without skill there is no correlation, and no gain over the mean.
        case .ic, .icir, .rankIC, .r2: 0
        case .directionalAccuracy: metrics.naiveDirectionalAccuracy ?? 0.5
        case .logLoss: metrics.naiveLogLoss ?? 0
        case .brier: metrics.naiveBrier ?? 0
        case .pinball: metrics.naivePinball ?? 0
        }
    }

    /// Where there is none: "where ...".
    var undefined: String {
        switch self {
        case .pinball: "where predictions are no quantile ('loss' of the model says so)"
        case .icir: "where fewer than 5 instruments have a row at 20 event times of a test"
        default: "where every prediction is the same"
        }
    }
}
