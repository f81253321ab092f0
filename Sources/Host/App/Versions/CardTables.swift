package import HostTraining

/// What a card says, as tables with a header each: for the terminal and for a page.
package struct CardTables {
    let card: ModelCard

    /// Takes a card.
    package init(_ card: ModelCard) { self.card = card }

    /// The card as text, ending in a newline.
    package var text: String {
        let parts = [
            ("Out of sample", figures), ("Beside naive rules", rules), ("Portfolios after costs", portfolios),
            ("Tests", folds), ("What the fits found", found), ("Instruments", instruments), ("Features", importance),
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
        "error without", "deviation", "Diebold-Mariano", "p-value", "annual return", "information ratio",
        "max drawdown",
        "turnover", "periods", "serves", "tests, least", "tests, greatest",
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
            ("pinball loss", metrics.pinball, found?.pinball, metrics.naivePinball),
            ("outcomes below", metrics.coverage, nil, nil),
            ("mean error", metrics.meanAbsoluteError, nil, nil),
            ("ICIR", card.panel.icir, card.panel.icirInterval, card.panel.lastSign?.icir),
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

    /// Squared errors beside those of each naive rule, with the chance of as large a difference where there is none.
    var rules: [[String]] {
        let panel = card.panel
        let rows: [(String, PanelMetrics.DieboldMariano?, Double?, Double?)] = [
            ("mean of training", panel.dieboldMariano, nil, nil),
            ("persistence", panel.persistence, card.metrics.naiveIC, card.metrics.naiveRankIC),
            ("last sign", panel.lastSign?.dieboldMariano, panel.lastSign?.ic, panel.lastSign?.rankIC),
        ]
        return [["rule", "Diebold-Mariano", "p-value", "IC", "rank IC"]]
            + rows.filter { $0.1 != nil }.map { name, test, ic, rankIC in
                [name, ResultTable.fixed(test?.statistic, 2), number(test?.pValue), number(ic), number(rankIC)]
            }
    }

    /// What following the predictions would have earned.
    var portfolios: [[String]] {
        let rows = [
            ("long-short", card.panel.longShort), ("top fifth", card.panel.top), ("all alike", card.panel.naive),
        ]
        return [["portfolio", "annual return", "information ratio", "max drawdown", "turnover", "periods"]]
            + rows.compactMap { name, figures in
                figures.map {
                    [
                        name, number($0.annualReturn), ResultTable.fixed($0.informationRatio, 2),
                        number($0.maxDrawdown),
                        ResultTable.fixed($0.turnover, 2), "\($0.periods)",
                    ]
                }
            }
    }

    /// What fits reported beside their artifacts: the one that serves, and the least and the greatest of the tests.
    var found: [[String]] {
        let tests = card.folds.compactMap(\.figures)
        return [["found", "serves", "tests, least", "tests, greatest"]]
            + Set(tests.flatMap(\.keys) + (card.figures ?? [:]).keys).sorted().map { name in
                let values = tests.compactMap { $0[name] }
                return [name, shown(card.figures?[name]), shown(values.min()), shown(values.max())]
            }
    }

    private func shown(_ value: Double?) -> String {
        guard let value, value.magnitude < 0.001, value != 0 else { return number(value) }
        return "\(Float(value))"
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
            ["searched" + (search.instrument.map { " for \($0)" } ?? ""), found(by: search)]
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

    /// What a search chose, and how much of its figure so many trials would find without skill.
    private func found(by search: ModelCard.Search) -> String {
        let options = search.options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let chance = search.expectedMaximum.map { "; the best of as many without skill reaches \(number($0))" } ?? ""
        let deflated = search.deflated.map { ", deflated \(number($0))" } ?? ""
        let luck = search.probability.map { ", no luck with a probability of \(ResultTable.fixed($0, 2))" } ?? ""
        return
            "\(options.joined(separator: ", ")): \(search.metric) \(number(search.score)) is the best of \(search.trials) trials"
            + chance + deflated + luck
    }

    private func judged(_ metrics: PredictionMetrics) -> [String] {
        [metrics.rankIC, metrics.ic, metrics.r2, metrics.directionalAccuracy].map(number)
    }

    private func number(_ value: Double?) -> String { ResultTable.fixed(value, 4) }

    private func day(_ time: Int64) -> String {
        time == .max || time == .min ? "-" : String(EventTimeText.utc(time).prefix(10))
    }
}
