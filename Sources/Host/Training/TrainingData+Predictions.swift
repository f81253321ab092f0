package import HostCore
package import PluginKit

extension TrainingData {
    /// Rows that are predicted in one step.
    private static let step = 16_384

    /// Returns what a model gives each of the bars, NaN where nothing: over history these are predictions of fits that had not
    /// seen what came after, so another model may learn from them. One that learns while it serves does so here too, each label
    /// when it is known.
    package func predictions(_ plan: TrainingPlan, _ timeline: PredictorTimeline) throws(PluginError) -> [Double] {
        let columns = try columns(plan)
        let (members, features) = (columns.prefix(plan.members.count), columns.dropFirst(plan.members.count))
        var stage = InferenceStage(
            model: ServingModel(
                id: plan.id, target: "", members: plan.members, columns: Array(0..<features.count),
                combines: plan.descriptor.combines, measure: plan.descriptor.learns ? plan.target : nil,
                learns: plan.descriptor.learns, timeline: timeline), among: plan.members)
        var given = Array(repeating: Double.nan, count: bars.count)
        for start in stride(from: 0, to: bars.count, by: Self.step) {
            let range = start..<min(start + Self.step, bars.count)
            let rows = range.flatMap { bar in features.map { $0[bar] } }
            let known = ModelValues(range.map { bar in members.map { $0[bar] } })
            let made = stage.process(
                bars[range].map { RowKey($0) }, features: rows, width: features.count, made: known,
                skip: { _, _ in })
            for (row, source) in zip(made?.rows ?? [], stage.sources) { given[start + source] = row.value }
        }
        return given
    }
}
