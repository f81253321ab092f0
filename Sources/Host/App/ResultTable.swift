package import HostCore
import HostTraining
import PluginKit

/// What a run shows: for each instrument, pipeline and model the newest prediction, and how good the model was out of
/// sample.
package struct ResultTable: Sendable {
    /// One line.
    package struct Row: Sendable, Encodable {
        package let instrument: String
        package let pipeline: String
        /// Last event time, ISO 8601, UTC.
        package let lastEvent: String
        package let close: Double
        package let model: String
        package let target: String
        /// The prediction, in the target's unit; `nil` while there is none.
        package let value: Double?
        package let flags: [String]
        /// Out-of-sample metrics of the model on this instrument; `nil` while it is not fitted.
        package let metrics: PredictionMetricsView?

        enum CodingKeys: String, CodingKey {
            case instrument, pipeline, close, model, target, value, flags, metrics
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

    /// One model of one pipeline over all instruments, in words.
    package struct Summary: Sendable {
        package let text: String
        /// Whether the model does not serve.
        package let isFault: Bool
    }

    /// The lines, by instrument, pipeline, then model.
    package let rows: [Row]
    /// One for each model of each pipeline.
    package let summaries: [Summary]
    /// What pipelines without bars accepted, in words: `q 109067, t 24293`; empty where nothing was.
    let accepted: String

    /// Reads what a host shows now.
    package init(_ view: HostView) {
        let models = view.models.all.map { Model(entry: $0, card: ModelCard(json: $0.card)) }
        rows = view.latest.instruments.sorted { view.instruments.instrument($0) < view.instruments.instrument($1) }
            .flatMap { id in view.latest.entries(id).flatMap { Self.rows(id, $0, view, models) } }
        let isOnePipeline = Set(models.map(\.entry.pipeline)).count < 2
        summaries = models.map { Self.summary($0, isOnePipeline) }
        accepted = view.counters().filter { $0.accepted > 0 }.map { "\($0.pipeline) \($0.accepted)" }.sorted()
            .joined(separator: ", ")
    }

    private struct Model {
        let entry: ModelBoard.Entry
        let card: ModelCard?
    }

    private static func rows(
        _ id: InstrumentID, _ latest: LatestValues.Entry, _ view: HostView, _ models: [Model]
    ) -> [Row] {
        let name = view.instruments.instrument(id).description
        let predictions = view.latest.predictions(id).filter { $0.pipeline == latest.pipeline }
        let own: [Model?] = models.filter { $0.entry.pipeline == latest.pipeline }
        return (own.isEmpty ? [nil] : own).map { model in
            // A prediction from before the last bar is not today's; it is left out rather than shown as if it were.
            let made = predictions.first {
                $0.model == model?.entry.model && $0.prediction.time == latest.bar.time
            }
            let metrics = model?.card?.instruments.first { $0.instrument == name }?.metrics
            return Row(
                instrument: name, pipeline: latest.pipeline, lastEvent: EventTimeText.utc(latest.bar.time),
                close: latest.bar.close, model: model?.entry.model ?? "-",
                target: made?.target ?? model?.card?.target ?? "", value: made?.prediction.value,
                flags: (made?.prediction.flags ?? latest.bar.flags).names,
                metrics: metrics.map(PredictionMetricsView.init))
        }
    }

    private static func summary(_ model: Model, _ isOnePipeline: Bool) -> Summary {
        let entry = model.entry
        let name = (isOnePipeline ? "" : "\(entry.pipeline): ") + entry.model
        guard let card = model.card else {
            let message = entry.message.isEmpty ? "" : ": \(entry.message)"
            return Summary(
                text: "\(name) (\(entry.plugin)): \(entry.state)\(message)", isFault: entry.state == "failed")
        }
        let metrics = PredictionMetricsView(card.metrics)
        let text =
            "\(name) (\(entry.plugin), \(entry.origin)): \(card.target), \(metrics.rows) predictions out of "
            + "sample in \(card.folds.count) folds; R2 \(pair(metrics.r2, metrics.naiveR2)), "
            + "IC \(pair(metrics.ic, metrics.naiveIC)), rank IC \(pair(metrics.rankIC, metrics.naiveRankIC)), "
            + "direction \(pair(metrics.directionalAccuracy, metrics.naiveDirectionalAccuracy)) (naive in brackets)"
        return Summary(text: text, isFault: false)
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
