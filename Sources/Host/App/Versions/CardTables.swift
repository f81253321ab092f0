package import HostTraining

/// What a card says, as tables with a header each: for the terminal and for a page.
package struct CardTables {
    let card: ModelCard

    /// Takes a card.
    package init(_ card: ModelCard) { self.card = card }

    /// The card as text, ending in a newline.
    package var text: String {
        let parts = [
            ("Out of sample", figures), ("Tests", folds), ("Instruments", instruments), ("Features", importance),
            ("Leakage gate", leakage), ("What was fitted", facts),
        ]
        return "model/\(card.model): \(card.target)\n"
            + parts.filter { $0.1.count > 1 }.map { title, rows in
                let isRight = [false] + rows[0].dropFirst().map { Self.right.contains($0) }
                let table = TextTable(
                    header: rows[0].map { $0.uppercased() }, rows: Array(rows.dropFirst()), isRight: isRight)
                return "\n\(title)\n" + table.text
            }.joined()
    }

    private static let right: Set = [
        "model", "naive", "learned", "tested", "rank IC", "IC", "R2", "direction", "rows", "mean error",
        "error without", "deviation",
    ]

    /// Each figure over all tests, with where chance alone could put it, beside the naive rule's.
    var figures: [[String]] {
        let (metrics, found) = (card.metrics, card.metrics.intervals)
        let rows: [(String, Double?, PredictionMetrics.Interval?, Double?)] = [
            ("rank IC", metrics.rankIC, found?.rankIC, metrics.naiveRankIC),
            ("IC", metrics.ic, found?.ic, metrics.naiveIC),
            ("R2", metrics.r2, found?.r2, metrics.naiveR2),
            (
                "direction", metrics.directionalAccuracy, found?.directionalAccuracy,
                metrics.naiveDirectionalAccuracy
            ),
            ("log loss", metrics.logLoss, found?.logLoss, metrics.naiveLogLoss),
            ("Brier score", metrics.brier, found?.brier, metrics.naiveBrier),
            ("mean error", metrics.meanAbsoluteError, nil, nil),
        ]
        let header = ["figure", "model", "95 of 100 draws", "naive"]
        return [header]
            + rows.filter { $0.1 != nil }.map { name, value, interval, naive in
                [
                    name, number(value), interval.map { "\(number($0.low)) ... \(number($0.high))" } ?? "-",
                    number(naive),
                ]
            }
    }

    /// Each test.
    var folds: [[String]] {
        [["test", "from", "through", "learned", "tested", "rank IC", "IC", "R2", "direction"]]
            + card.folds.enumerated().map { place, fold in
                [
                    "\(place + 1)", day(fold.validAfter), day(fold.validThrough), "\(fold.trainRows)",
                    "\(fold.testRows)",
                ] + judged(fold.metrics)
            }
    }

    /// Each instrument.
    var instruments: [[String]] {
        [["instrument", "rows", "rank IC", "IC", "R2", "direction"]]
            + card.instruments.map { [$0.instrument, "\($0.metrics.rows)"] + judged($0.metrics) }
    }

    /// How much the squared error of the tests grows without each feature, as a share.
    var importance: [[String]] {
        [["feature", "error without", "deviation"]]
            + (card.importance ?? []).map { [$0.feature, number($0.mean), number($0.deviation)] }
    }

    /// Each check of the gate.
    var leakage: [[String]] {
        [["verdict", "check", "found"]]
            + (card.leakage?.checks ?? []).map { check in
                [check.outcome.rawValue, check.check.summary, ModelReport.numbers(check)]
            }
    }

    /// What it is, and by what it was made.
    var facts: [[String]] {
        let search = (card.search ?? []).filter { $0.validAfter == nil }.map { search in
            [
                "searched" + (search.instrument.map { " for \($0)" } ?? ""),
                search.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                    + ": \(search.trials) trials by \(search.metric)",
            ]
        }
        return [
            ["fact", "value"], ["plugin", "\(card.plugin) \(card.pluginVersion)"],
            ["features", card.features.joined(separator: ", ")],
            ["leakage gate", ModelReport.leakage(card.leakage)],
            ["validation", "\(card.validation), embargo \(card.embargo)"],
            ["learned from", "\(card.rows) rows of \(card.bars) bars, through \(day(card.trainedThrough))"],
            ["seed", "\(card.seed)"], ["configuration", card.configurationDigest], ["data", card.dataDigest],
            ["time of the fit", "\(ResultTable.fixed(card.fitSeconds, 2)) s"],
        ] + search
    }

    private func judged(_ metrics: PredictionMetrics) -> [String] {
        [metrics.rankIC, metrics.ic, metrics.r2, metrics.directionalAccuracy].map(number)
    }

    private func number(_ value: Double?) -> String { ResultTable.fixed(value, 4) }

    private func day(_ time: Int64) -> String {
        time == .max || time == .min ? "-" : String(EventTimeText.utc(time).prefix(10))
    }
}
