package import HostTraining

/// The card of a version as a page: the out-of-sample curve, IC over time, intervals, baselines, the verdict of the gate.
package struct CardPage {
    private let card: ModelCard
    private let version: Int
    private let stage: String?

    /// Takes the card of a version, and what it is used for.
    package init(_ card: ModelCard, version: Int, stage: String?) {
        (self.card, self.version, self.stage) = (card, version, stage)
    }

    /// The page.
    package var html: String {
        let tables = CardTables(card)
        return ReportPage.html(
            title: "model/\(card.model), version \(version)",
            """
            <p>\(ReportPage.escaped(headline))</p>
            \(curves)
            <h2>Out of sample, beside the naive rule</h2>
            \(ReportPage.table(tables.figures))
            <h2>Tests</h2>
            \(ReportPage.table(tables.folds))
            <h2>Instruments</h2>
            \(ReportPage.table(tables.instruments))
            <h2>Features: how much the squared error of the tests grows where a feature's values change places, as a share</h2>
            \(ReportPage.table(tables.importance))
            <h2>Leakage gate: \(ReportPage.escaped(ModelReport.leakage(card.leakage)))</h2>
            \(ReportPage.table(tables.leakage))
            <h2>What was fitted</h2>
            \(ReportPage.table(tables.facts))
            """)
    }

    private var headline: String {
        "\(card.target) by \(card.plugin) \(card.pluginVersion); \(stage ?? "stage unknown"); leakage gate: "
            + "\(ModelReport.leakage(card.leakage)); \(card.metrics.rows) rows judged that no fit had seen."
    }

    private var curves: String {
        let course = Course(card)
        guard !course.days.isEmpty else {
            return "<p>This card is from before the course of its tests was kept: fit the model again to see it.</p>"
        }
        return """
            <h2>How much less the squared error is than the naive rule's, summed (rising: better than predicting the mean)</h2>
            \(ReportPage.plot([("advantage", course.advantage)], over: course.days))
            <h2>Correlation with what came, by stretch (IC)</h2>
            \(ReportPage.plot([("IC", course.ic), ("none", course.days.map { _ in 0 })], over: course.days))
            \(intervals(course))
            """
    }

    private func intervals(_ course: Course) -> String {
        guard let share = course.held else { return "" }
        let title =
            "Outcomes within intervals of 90 %, by stretch: \(ResultTable.fixed(share * 100, 1)) % of \(course.bounded) in all"
        return """
            <h2>\(title)</h2>
            \(ReportPage.plot([("within", course.coverage), ("wanted", course.days.map { _ in ModelCard.coverage })], over: course.days))
            """
    }
}

/// The course of a card's tests as lines over time.
package struct Course {
    private let stretches: [ModelCard.Stretch]

    /// Takes a card; there are no lines where it keeps no course.
    package init(_ card: ModelCard) { stretches = card.course ?? [] }

    /// The last event time of each stretch, nanoseconds since the Unix epoch, UTC.
    package var times: [Int64] { stretches.map(\.through) }

    /// The same as days.
    var days: [String] { times.map { String(EventTimeText.utc($0).prefix(10)) } }

    /// Sum of how much less the squared error was than the naive rule's, as a share of all that the naive rule had.
    package var advantage: [Double] {
        let all = stretches.reduce(0) { $0 + $1.naive }
        var sum = 0.0
        return stretches.map { stretch in
            sum += (stretch.naive - stretch.loss) / (all > 0 ? all : 1)
            return sum
        }
    }

    /// Correlation of prediction and label; NaN where it is undefined.
    package var ic: [Double] { stretches.map { $0.ic ?? .nan } }

    /// Share of labels within intervals of 90 %; NaN where there were none.
    package var coverage: [Double] {
        stretches.map { $0.bounded > 0 ? Double($0.within) / Double($0.bounded) : .nan }
    }

    var bounded: Int { stretches.reduce(0) { $0 + $1.bounded } }

    /// The same over all; `nil` where there were none.
    var held: Double? {
        bounded > 0 ? Double(stretches.reduce(0) { $0 + $1.within }) / Double(bounded) : nil
    }
}
