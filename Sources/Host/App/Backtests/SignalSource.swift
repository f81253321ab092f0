import Builtin
import HostCore
import HostManifest
import HostTrading
import HostTraining
import PluginKit

/// The bars of a pipeline and what strategies decide by, one number a bar: read and computed once for all runs.
///
/// A prediction is that of the part of the model's timeline that may predict at its bar: of a fit that had not seen what came after.
struct SignalSource: Sendable {
    let timeframe: Timeframe
    /// Accepted bars, instrument after instrument.
    let bars: [Bar]
    let instruments: InstrumentTable
    /// Digest of the bars.
    let digest: String
    private let data: TrainingData
    private var predictions: [String: [Double]] = [:]

    /// Reads the history; fits or loads the models that strategies name.
    init(
        _ strategies: [StrategyDeclaration], _ composed: ComposedPipeline, _ preparation: ModelPreparation,
        _ instruments: InstrumentTable
    ) async throws(PluginError) {
        self.instruments = instruments
        timeframe = composed.pipeline.plan.timeframe
        let wanted = composed.training.filter { plan, _ in strategies.contains { $0.from == plan.id } }
        if !wanted.isEmpty { try await preparation.prepare(preparation.plans(for: Set(wanted.map(\.plan.id)))) }
        var data = try await preparation.load()
        data.computeFeatures()
        for (plan, serving) in wanted {
            guard let timeline = serving.timeline else { throw Self.unready(plan.id) }
            try preparation.joinMembers(of: plan, &data)
            let given = try data.predictions(plan, timeline)
            predictions[plan.id] = data.bars.indices.map { given[$0] }
        }
        (bars, digest, self.data) = (data.bars, data.digest, data)
    }

    private static func unready(_ model: String) -> PluginError {
        PluginError(.noData, "model/\(model): it has no fit to predict with.")
    }

    /// Returns what a strategy decides by at each of the bars: a model's predictions, a column, or a formula's values.
    func signals(_ from: String) throws(PluginError) -> [Double] {
        if let known = predictions[from] { return known }
        if let column = data.values(of: from) { return column }
        var values: [Double] = []
        var start = 0
        while start < bars.count {
            let end = bars[start...].firstIndex { $0.instrument != bars[start].instrument } ?? bars.count
            let table = try ComputedTable([from], over: Array(bars[start..<end]), plugins: Builtin.plugins)
            guard table.columns.count == 1 else {
                throw PluginError(
                    .configuration,
                    "\(PluginError.quoted(from)) has several columns (\(table.columns.joined(separator: ", "))); name one of an indicator."
                )
            }
            values += table.values
            start = end
        }
        return values
    }
}
