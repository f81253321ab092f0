import HostCore
import HostGateway
import HostManifest
import HostStorage
package import PluginKit

/// Looks at stored series; changes nothing.
package struct DataDesk: Sendable {
    let database: StateDatabase
    let instruments: InstrumentTable
    let hours: TradingHoursFinder
    /// Says what counts as a gap.
    let manifest: @Sendable () -> Manifest

    /// Returns what is stored of an instrument, or of all, with what was asked about it.
    package func report(_ question: DataQuestion, of instrument: String?) async throws(PluginError) -> DataReport {
        let stored = try await database.series(of: instrument)
        var series: [DataReport.Series] = []
        for own in stored {
            var described = DataReport.Series(own)
            switch question {
            case .stats: break
            case .gaps:
                guard ![.figure, .factor].contains(own.kind) else { continue }
                described.gaps = try await gaps(own)
            case .verify:
                guard let timeframe = own.timeframe else { continue }
                described.check = try await check(own, timeframe)
            }
            series.append(described)
        }
        let damage = question == .verify ? StateDatabase.examine(path: database.path, for: .seconds(30)) : nil
        return DataReport(series: series, damage: damage?.message)
    }

    /// What is missing of a series; `nil` where nobody knows: bars of a venue without a calendar, other events where the route
    /// names no span.
    private func gaps(_ series: StoredSeries) async throws(PluginError) -> DataReport.Gaps? {
        let (hours, longest) = (hours(series.instrument), longest(series))
        if let timeframe = series.timeframe {
            guard let hours else { return nil }
            let found = SeriesGaps(times: try await database.times(of: series), hours: hours, timeframe: timeframe)
            return DataReport.Gaps(found, of: timeframe, beyond: longest ?? 0)
        }
        guard let longest else { return nil }
        let spans = try await database.spans(of: series, beyond: longest).compactMap { span in
            let open = hours.map { $0.openTime(from: span.from, to: span.to) } ?? span.to - span.from
            return open > longest ? DataReport.Gaps.Gap(span.from, span.to, open: open) : nil
        }
        return DataReport.Gaps(spans, beyond: longest)
    }

    /// What the route of a series says of gaps, nanoseconds.
    private func longest(_ series: StoredSeries) -> Int64? {
        guard let prices = prices(series) else { return nil }
        return (prices.venues[series.instrument.venue] ?? prices.common).gaps[series.kind.rawValue].map {
            Int64($0 / .nanoseconds(1))
        }
    }

    /// What the route that fills a series accepts; `nil` where no pipeline of the manifest does any more.
    private func prices(_ series: StoredSeries) -> AcceptedPrices? {
        let (manifest, names) = (manifest(), series.pipeline.split(separator: "/", maxSplits: 1).map(String.init))
        guard let pipeline = manifest.pipelines.first(where: { $0.id == names.first }),
            let input = ([pipeline.drivingInput] + pipeline.inputs).first(where: {
                $0.name == (names.count > 1 ? names[1] : "")
            })
        else { return nil }
        return manifest.route(input.route)?.prices
    }

    /// Judges the newest versions of bars anew, by what their route accepts of their venue.
    private func check(
        _ series: StoredSeries, _ timeframe: Timeframe
    ) async throws(PluginError) -> DataReport.Check {
        let query = EventQuery(instrument: series.instrument, timeframe: timeframe, pipeline: series.pipeline)
        let alone = InstrumentTable()
        let slot = alone.intern(series.instrument)
        let bars = try await database.events(Bar.self, query).map { stored in
            var bar = stored.event
            bar.instrument = slot
            return bar
        }
        let factors = try await database.events(
            Factor.self, EventQuery(instrument: series.instrument, timeframe: timeframe)
        ).map(\.event)
        var stage = QualityStage<Bar>(isKnown: [true], rules: prices(series)?.rules(alone) ?? QualityRules())
        var (accepted, check) = ([Bar](), DataReport.Check())
        let refuse: (QualityRefusal<Bar>) -> Void = { check.refused[$0.reason.rawValue, default: 0] += 1 }
        stage.process(bars.span, into: &accepted, reject: refuse)
        check.outliers = stage.doubts[.outlier] ?? 0
        check.steps = UnadjustedSplits.unexplained(stage.levels, by: factors).map {
            "\(EventTimeText.utc($0.time).prefix(10)) \($0.rule): \($0.message(series.instrument.description))"
        }
        stage.finish(reject: refuse)
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
