package import HostCore
import HostTraining
import PluginKit

/// What a run shows: for each instrument and model the newest prediction, and how good the model was out of sample.
package struct ResultTable: Sendable {
    /// One line.
    package struct Row: Sendable, Encodable {
        package let instrument: String
        /// Last event time, ISO 8601, UTC.
        package let lastEvent: String
        package let close: Double
        package let model: String
        package let target: String
        /// `nil` while there is none.
        package let prediction: Double?
        package let flags: [String]
        /// Out-of-sample metrics of the model on this instrument; `nil` while it is not fitted.
        package let metrics: PredictionMetricsView?

        enum CodingKeys: String, CodingKey {
            case instrument, close, model, target, prediction, flags, metrics
            case lastEvent = "last_event"
        }
    }

    /// The metrics a table shows, each with its naive baseline.
    package struct PredictionMetricsView: Sendable, Encodable {
        package let rows: Int
        package let r2: Double?
        package let naiveR2: Double?
        package let ic: Double?
        package let naiveIC: Double?
        package let rankIC: Double?
        package let naiveRankIC: Double?
        package let directionalAccuracy: Double?
        package let naiveDirectionalAccuracy: Double?

        enum CodingKeys: String, CodingKey {
            case rows, r2, ic
            case naiveR2 = "naive_r2"
            case naiveIC = "naive_ic"
            case rankIC = "rank_ic"
            case naiveRankIC = "naive_rank_ic"
            case directionalAccuracy = "directional_accuracy"
            case naiveDirectionalAccuracy = "naive_directional_accuracy"
        }
    }

    /// The lines, by instrument, then model.
    package let rows: [Row]
    /// One line for each model over all instruments, in words.
    package let summaries: [String]

    /// Reads what a host shows now.
    package init(_ view: HostView) {
        let entries = view.models.all
        let cards = Dictionary(
            entries.compactMap { entry in ModelCard(json: entry.card).map { (entry.model, $0) } },
            uniquingKeysWith: { first, _ in first })
        rows = view.latest.instruments.sorted { view.instruments.instrument($0) < view.instruments.instrument($1) }
            .flatMap { id in Self.rows(id, view, entries, cards) }
        summaries = entries.map { Self.summary($0, cards[$0.model]) }
    }

    private static func rows(
        _ id: InstrumentID, _ view: HostView, _ entries: [ModelBoard.Entry], _ cards: [String: ModelCard]
    ) -> [Row] {
        guard let latest = view.latest.entry(id) else { return [] }
        let name = view.instruments.instrument(id).description
        let predictions = view.latest.predictions(id)
        let models = entries.isEmpty ? ["-"] : entries.map(\.model)
        return models.map { model in
            // A prediction from before the last bar is not today's; it is left out rather than shown as if it were.
            let made = predictions.first { $0.model == model && $0.prediction.time == latest.bar.time }
            let metrics = cards[model]?.instruments.first { $0.instrument == name }?.metrics
            return Row(
                instrument: name, lastEvent: EventTimeText.utc(latest.bar.time), close: latest.bar.close, model: model,
                target: made?.target ?? cards[model]?.target ?? "", prediction: made?.prediction.value,
                flags: flags(made?.prediction.flags ?? latest.bar.flags),
                metrics: metrics.map(PredictionMetricsView.init))
        }
    }

    private static func flags(_ flags: EventFlags) -> [String] {
        let names: [(EventFlags, String)] = [
            (.partial, "partial"), (.stale, "stale"), (.afterRejected, "after_rejected"), (.fallback, "fallback"),
            (.adjusted, "adjusted"), (.newLevel, "new_level"),
        ]
        return names.filter { flags.contains($0.0) }.map(\.1)
    }

    private static func summary(_ entry: ModelBoard.Entry, _ card: ModelCard?) -> String {
        guard let card else {
            return
                "\(entry.model) (\(entry.plugin)): \(entry.state)\(entry.message.isEmpty ? "" : ": \(entry.message)")"
        }
        let metrics = PredictionMetricsView(card.metrics)
        return "\(entry.model) (\(entry.plugin), \(entry.origin)): \(card.target), \(metrics.rows) predictions out of "
            + "sample in \(card.folds.count) folds; R2 \(pair(metrics.r2, metrics.naiveR2)), "
            + "IC \(pair(metrics.ic, metrics.naiveIC)), rank IC \(pair(metrics.rankIC, metrics.naiveRankIC)), "
            + "direction \(pair(metrics.directionalAccuracy, metrics.naiveDirectionalAccuracy)) (naive in brackets)"
    }

    /// A metric and its baseline: `0.0031 (-0.0004)`.
    static func pair(_ value: Double?, _ naive: Double?) -> String {
        "\(fixed(value, 4)) (\(fixed(naive, 4)))"
    }

    /// A number with a fixed count of decimals; `-` for none.
    static func fixed(_ value: Double?, _ decimals: Int) -> String {
        guard let value, value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let whole = padded.dropLast(decimals)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return decimals == 0 ? "\(sign)\(padded)" : "\(sign)\(whole).\(padded.suffix(decimals))"
    }
}

extension ResultTable.PredictionMetricsView {
    init(_ metrics: PredictionMetrics) {
        self.init(
            rows: metrics.rows, r2: metrics.r2, naiveR2: metrics.naiveR2, ic: metrics.ic, naiveIC: metrics.naiveIC,
            rankIC: metrics.rankIC, naiveRankIC: metrics.naiveRankIC, directionalAccuracy: metrics.directionalAccuracy,
            naiveDirectionalAccuracy: metrics.naiveDirectionalAccuracy)
    }
}

extension ResultTable {
    /// The table as aligned text, ending in a newline.
    package var text: String {
        guard !rows.isEmpty else { return "No instrument has a bar.\n" + summaries.map { "  \($0)\n" }.joined() }
        let header = [
            "INSTRUMENT", "LAST EVENT (UTC)", "CLOSE", "MODEL", "PREDICTION", "R2 (naive)", "IC (naive)",
            "DIRECTION (naive)", "FLAGS",
        ]
        let lines = rows.map { row in
            [
                row.instrument, row.lastEvent, Self.fixed(row.close, 2), row.model, Self.fixed(row.prediction, 6),
                Self.pair(row.metrics?.r2, row.metrics?.naiveR2), Self.pair(row.metrics?.ic, row.metrics?.naiveIC),
                Self.pair(row.metrics?.directionalAccuracy, row.metrics?.naiveDirectionalAccuracy),
                row.flags.joined(separator: ","),
            ]
        }
        let isRight = [false, false, true, false, true, true, true, true, false]
        return TextTable(header: header, rows: lines, isRight: isRight).text
            + summaries.map { "  \($0)\n" }.joined()
    }
}
