package import PluginKit

/// Splits that stand in raw prices with no factor that explains them: who takes such prices for returns learns one of -0.5.
package enum UnadjustedSplits {
    /// Days between a factor and the step it explains, at most.
    private static let distance: Int64 = 4 * 86_400_000_000_000

    /// Returns the steps of a series that no known factor explains.
    package static func unexplained(_ levels: [PriceLevel], by factors: [Factor]) -> [PriceLevel] {
        levels.filter { level in
            level.change != .split || !factors.contains { $0.ratio != 1 && abs($0.time - level.time) <= distance }
        }
    }

    /// Returns the splits that stand in bars of one instrument, ascending, and that no factor explains.
    package static func found(in bars: [Bar], factors: [Factor]) -> [PriceLevel] {
        var stage = QualityStage<Bar>(isKnown: [true])
        var accepted: [Bar] = []
        let own = bars.map { bar in
            var bar = bar
            bar.instrument = InstrumentID(rawValue: 0)
            return bar
        }
        stage.process(own.span, into: &accepted) { _ in }
        return unexplained(stage.levels.filter { $0.change == .split && !$0.isAdjusted }, by: factors)
    }
}

/// Why adjusted prices of an instrument may be as traded.
package struct AdjustmentDoubt: Sendable {
    let query: EventQuery
    let adjusted: PriceAdjustment
    /// Whether a factor of the instrument is stored.
    let hasFactors: Bool
    /// Splits that no factor explains.
    let splits: [PriceLevel]

    /// The facts, then the remedy; `day` writes the day of an event time.
    package func message(_ day: (Int64) -> String) -> String {
        let shown = splits.prefix(3).map { "\(day($0.time)) (\(PriceLevel.times($0.price, $0.before)))" }
        let stand = splits.count == 1 ? "1 split stands" : "\(splits.count) splits stand"
        let others = splits.count > 3 ? " and \(splits.count - 3) more" : ""
        let facts = splits.isEmpty ? "" : "; \(stand) in them: \(shown.joined(separator: ", "))\(others)"
        return
            "\(query.instrument): \(hasFactors ? "not every factor of it" : "no factor of it") is stored, so 'adjust' "
            + "\(adjusted.rawValue) leaves \(hasFactors ? "some prices" : "prices") as traded\(facts). Store its factors "
            + "(`penstock data import FILE --kind factor`, or an input of kind factor), or have the provider adjust prices."
    }
}

extension EventStore {
    /// Says why adjusted prices of a query may be as traded: no factor of the instrument is stored, or splits stand in the
    /// series that none explains; `nil` where nothing is wrong, and where no adjustment is asked for.
    package func doubt(
        of adjusted: PriceAdjustment, _ query: EventQuery
    ) async throws(PluginError) -> AdjustmentDoubt? {
        guard adjusted != .raw else { return nil }
        let factors = try await events(
            Factor.self, EventQuery(instrument: query.instrument, timeframe: query.timeframe, asOf: query.asOf)
        ).map(\.event)
        let bars = try await events(
            Bar.self,
            EventQuery(
                instrument: query.instrument, timeframe: query.timeframe, pipeline: query.pipeline, asOf: query.asOf)
        ).map(\.event)
        let splits = UnadjustedSplits.found(in: bars, factors: factors)
        guard factors.isEmpty || !splits.isEmpty else { return nil }
        return AdjustmentDoubt(query: query, adjusted: adjusted, hasFactors: !factors.isEmpty, splits: splits)
    }
}
