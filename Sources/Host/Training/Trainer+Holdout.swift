import FoundationEssentials
import HostCore
package import PluginKit
import PredictionTargets

/// How good a model is on the rows that nothing before had seen.
package struct HoldoutFigures: Codable, Sendable, Hashable {
    /// First and last event time, nanoseconds since the Unix epoch, UTC.
    package var from: Int64
    package var through: Int64
    /// Rows learned from, all of them before.
    package var trainRows: Int
    /// Metrics over the hold-out, with their intervals.
    package var metrics: PredictionMetrics
    /// The same with the instruments of an event time side by side.
    package var panel: PanelMetrics

    enum CodingKeys: String, CodingKey {
        case from, through, metrics, panel
        case trainRows = "train_rows"
    }
}

extension HoldoutFigures {
    /// The figures as JSON with sorted keys.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// Reads figures; `nil` where the bytes are none.
    package init?(json: [UInt8]) {
        guard let figures = try? JSONDecoder().decode(HoldoutFigures.self, from: Data(json)) else { return nil }
        self = figures
    }
}

extension Trainer {
    /// Fits on what is before the hold-out, with the options that were searched there, and judges on it.
    ///
    /// Throws `.configuration` where the model keeps none, and what `fit` throws.
    package func look(
        _ data: TrainingData, _ searches: [ModelCard.Search]
    ) async throws(PluginError) -> HoldoutFigures {
        var judged: [PanelMetrics.Row] = []
        var learned = 0
        for lot in try lots(try SupervisedSet(data, plan), data) {
            guard let start = lot.holdout else { throw noHoldout }
            let rows = lot.set.rows
            let fold = Fold(
                train: plan.validation.before(start, rows), test: rows.indices.filter { rows[$0].time >= start },
                validAfter: start - 1, validThrough: rows.last?.time ?? start)
            guard !fold.test.isEmpty else { continue }
            learned += fold.train.count
            judged += zip(fold.test, try await observations(lot, fold, searches)).map { place, observation in
                PanelMetrics.Row(
                    time: rows[place].time, instrument: rows[place].instrument, observation: observation)
            }
        }
        judged.sort { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        guard let first = judged.first, let last = judged.last else { throw noHoldout }
        return HoldoutFigures(
            from: first.time, through: last.time, trainRows: learned, metrics: metrics(judged),
            panel: PanelMetrics(judged, target: plan.target, seed: plan.seed))
    }

    private func observations(
        _ lot: Lot, _ fold: Fold, _ searches: [ModelCard.Search]
    ) async throws(PluginError) -> [PredictionMetrics.Observation] {
        let owner = lot.instrument?.description
        let chosen = searches.first { $0.instrument == owner && $0.validAfter == nil }
        var model = plan.model
        if let search = plan.search, let chosen {
            model = try await search.make(SearchSpace(search.scheme).options(from: chosen.options))
        }
        let (fitting, isCancelled, id) = (FoldFit(plan), isCancelled, plan.id)
        let outcome = await Result { () async throws(PluginError) in
            let bytes = try await fitting.fit(model, lot.set.trainingSet(fold.train)) { (_) throws(PluginError) in
                guard isCancelled() else { return }
                throw PluginError(.cancelled, "model/\(id): the fit was stopped; the hold-out was not looked at.")
            }
            return try fitting.judge(model, bytes, lot.set, fold)
        }
        if chosen != nil { await model.stop() }
        return try outcome.get()
    }

    private var noHoldout: PluginError {
        PluginError(
            .configuration,
            "model/\(plan.id): it keeps no hold-out. Write validation: { holdout: 0.2 } to keep the newest fifth of its event "
                + "times from search, tests and everything else until they are looked at.")
    }
}
