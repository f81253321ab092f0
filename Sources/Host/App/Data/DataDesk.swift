import HostCore
import HostGateway
import HostStorage
package import PluginKit

/// Looks at stored series; changes nothing.
package struct DataDesk: Sendable {
    let database: StateDatabase
    let instruments: InstrumentTable
    let hours: TradingHoursFinder

    /// Returns what is stored of an instrument, or of all, with what was asked about it.
    package func report(_ question: DataQuestion, of instrument: String?) async throws(PluginError) -> DataReport {
        let stored = try await database.series(of: instrument)
        var series: [DataReport.Series] = []
        for own in stored {
            var described = DataReport.Series(own)
            switch question {
            case .stats: break
            case .gaps:
                guard let timeframe = own.timeframe else { continue }
                described.gaps = try await gaps(own, timeframe)
            case .verify:
                guard let timeframe = own.timeframe else { continue }
                described.check = try await check(own, timeframe)
            }
            series.append(described)
        }
        let damage = question == .verify ? StateDatabase.examine(path: database.path, for: .seconds(30)) : nil
        return DataReport(series: series, damage: damage?.message)
    }

    private func gaps(
        _ series: StoredSeries, _ timeframe: Timeframe
    ) async throws(PluginError) -> DataReport.Gaps? {
        guard let hours = hours(series.instrument) else { return nil }
        return DataReport.Gaps(
            SeriesGaps(times: try await database.times(of: series), hours: hours, timeframe: timeframe))
    }

    /// Judges the newest versions of bars anew, with the usual rules.
    private func check(
        _ series: StoredSeries, _ timeframe: Timeframe
    ) async throws(PluginError) -> DataReport.Check {
        let query = EventQuery(instrument: series.instrument, timeframe: timeframe, pipeline: series.pipeline)
        let slot = InstrumentID(rawValue: 0)
        let bars = try await database.events(Bar.self, query).map { stored in
            var bar = stored.event
            bar.instrument = slot
            return bar
        }
        let factors = try await database.events(
            Factor.self, EventQuery(instrument: series.instrument, timeframe: timeframe)
        ).map(\.event)
        var stage = QualityStage<Bar>(isKnown: [true])
        var (accepted, check) = ([Bar](), DataReport.Check())
        stage.process(bars.span, into: &accepted) { check.refused[$0.reason.rawValue, default: 0] += 1 }
        check.outliers = stage.doubts[.outlier] ?? 0
        check.steps = UnadjustedSplits.unexplained(stage.levels, by: factors).map {
            "\(EventTimeText.utc($0.time).prefix(10)) \($0.rule): \($0.message(series.instrument.description))"
        }
        return check
    }
}

extension DataDesk {
    /// What the gateway needs of it.
    var control: DataControl {
        DataControl { question, instrument in
            SortedJSON.bytes(try await self.report(DataQuestion(rawValue: question) ?? .stats, of: instrument))
        }
    }
}
