import CivilTime
package import HostCore
package import HostTraining
import PluginKit

/// What a run shows: for each instrument, pipeline and model the newest prediction, and how good the model was out of
/// sample.
package struct ResultTable: Sendable {
    /// One line.
    package struct Row: Sendable, Encodable {
        package let instrument: String
        package let pipeline: String
        /// Time of the last event, ISO 8601, UTC.
        package let time: String
        /// What it was worth: the close of a bar.
        package let price: Double
        package let model: String
        package let target: String
        /// The prediction, in the target's unit; `nil` while there is none.
        package let value: Double?
        package let flags: [String]
        /// Out-of-sample metrics of the model on this instrument; `nil` while it is not fitted.
        package let metrics: PredictionMetrics?
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
                $0.model == model?.entry.model && $0.prediction.time == latest.event.time
            }
            let metrics = model?.card?.instruments.first { $0.instrument == name }?.metrics
            return Row(
                instrument: name, pipeline: latest.pipeline, time: ISO8601.format(latest.event.time),
                price: latest.event.price, model: model?.entry.model ?? "-",
                target: made?.target ?? model?.card?.target ?? "", value: made?.prediction.value,
                flags: (made?.prediction.flags ?? latest.event.flags).names,
                metrics: metrics)
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
        let text =
            "\(name) (\(entry.plugin), \(entry.origin)): \(card.target), \(card.metrics.rows) predictions out of "
            + "sample in \(card.folds.count) folds; \(judged(card.metrics)) (naive in round brackets, where 95 of 100 draws "
            + "lie in square ones)"
        return Summary(text: text, isFault: false)
    }

    /// The metrics that fit the target: of probabilities their loss, of numbers what they explain.
    static func judged(_ metrics: PredictionMetrics) -> String {
        let intervals = metrics.intervals
        let loss = [
            ("log loss", metrics.logLoss, metrics.naiveLogLoss, intervals?.logLoss),
            ("Brier score", metrics.brier, metrics.naiveBrier, intervals?.brier),
            ("pinball loss", metrics.pinball, metrics.naivePinball, intervals?.pinball),
        ]
        let fit = [
            ("R2", metrics.r2, metrics.naiveR2, intervals?.r2), ("IC", metrics.ic, metrics.naiveIC, intervals?.ic),
            ("rank IC", metrics.rankIC, metrics.naiveRankIC, intervals?.rankIC),
        ]
        let direction = [
            (
                "direction", metrics.directionalAccuracy, metrics.naiveDirectionalAccuracy,
                intervals?.directionalAccuracy
            )
        ]
        let losses = loss.filter { $0.1 != nil }
        return ((losses.isEmpty ? fit : losses + fit.dropFirst()) + direction).map {
            name, value, naive, interval in
            let range = interval.map { " [\(fixed($0.low, 4)), \(fixed($0.high, 4))]" } ?? ""
            return "\(name) \(fixed(value, 4))\(range) (\(fixed(naive, 4)))"
        }.joined(separator: ", ")
    }

    /// A metric and its baseline: `0.0031 (-0.0004)`.
    static func pair(_ value: Double?, _ naive: Double?) -> String {
        "\(fixed(value, 4)) (\(fixed(naive, 4)))"
    }

    /// A number with a fixed count of decimals; `-` for none.
    package static func fixed(_ value: Double?, _ decimals: Int) -> String {
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
