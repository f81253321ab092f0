package import HostCore
package import PluginKit
import PredictionTargets

extension TrainingData {
    /// Rows that are predicted in one step.
    private static let step = 16_384

    /// Returns what a model gives each of the bars, NaN where nothing: over history these are predictions of fits that had not
    /// seen what came after, so another model may learn from them. One that learns while it serves does so here too, each label
    /// when it is known. `asMember` leaves out the rows that the model abstains from, as those that have it as a member see it.
    package func predictions(
        _ plan: TrainingPlan, _ timeline: PredictorTimeline, asMember: Bool = false
    ) throws(PluginError) -> GivenByModel {
        let columns = try columns(plan)
        let (members, features) = (columns.prefix(plan.members.count), columns.dropFirst(plan.members.count))
        var stage = InferenceStage(
            model: ServingModel(
                id: plan.id, target: "", members: plan.members, columns: Array(0..<features.count),
                window: plan.window,
                combines: plan.descriptor.combines, measure: plan.descriptor.learns ? plan.target : nil,
                learns: plan.descriptor.learns, abstains: asMember && plan.abstains, timeline: timeline),
            among: plan.members)
        let outputs = timeline.parts.last?.predictor.outputs.map(\.name) ?? []
        var given = GivenByModel(outputs: outputs, bars: bars.count)
        // Labels that compare instruments follow from the bars of all: these come instrument after instrument.
        if plan.descriptor.learns, plan.target.isCrossSectional { stage.foresee(bars.map { RowKey($0) }) }
        for start in stride(from: 0, to: bars.count, by: Self.step) {
            let range = start..<min(start + Self.step, bars.count)
            let rows = range.flatMap { bar in features.map { $0[bar] } }
            let known = ModelValues(range.map { bar in members.map { $0[bar] } })
            let made = stage.process(
                bars[range].map { RowKey($0) }, features: rows, width: features.count, made: known,
                skip: { _, _ in })
            if let made { given.take(made, from: stage.sources, after: start) }
        }
        return given
    }
}

/// What a model gives each bar, by column; NaN where nothing.
package struct GivenByModel: Sendable {
    /// Names of its columns; the first is the prediction.
    package let outputs: [String]
    /// Row-major, one row a bar.
    package private(set) var values: [Double]

    init(outputs: [String], bars: Int) {
        self.outputs = outputs
        values = Array(repeating: .nan, count: bars * max(1, outputs.count))
    }

    /// The prediction of a bar.
    package subscript(bar: Int) -> Double { values[bar * max(1, outputs.count)] }

    fileprivate mutating func take(_ batch: PredictionBatch, from rows: [Int], after start: Int) {
        let width = outputs.count
        // Behind the model's own columns stand those of the host.
        let all = batch.outputs.count
        guard all >= width else { return }
        for (place, row) in rows.enumerated() where batch.abstains(of: place) != true {
            let given = batch.values[place * all..<place * all + width]
            values.replaceSubrange((start + row) * width..<(start + row + 1) * width, with: given)
        }
    }
}
