import Builtin
import FoundationEssentials
import HostCore
import HostManifest
import HostStorage
import PluginKit
import PredictionTargets
import TestSupport
import Testing

@testable import HostApp
@testable import HostTraining

/// The rule of promotion over a real series: forecasts of how far AAPL's close moves next day, each from what was known.
@Suite struct RolloutDrillTests {
    /// A forecast out of the moves until now, oldest first.
    private struct Forecast: Sendable {
        let name: String
        let value: @Sendable (ArraySlice<Double>) -> Double

        static func smooth(_ share: Double, times factor: Double = 1) -> Forecast {
            Forecast(name: "mean with weight \(share), times \(factor)") { moves in
                factor * moves.suffix(300).reduce(moves.first ?? 0) { $0 + share * ($1 - $0) }
            }
        }

        static let last = Forecast(name: "the last move") { $0.last ?? 0 }
    }

    /// What was decided, in order.
    private struct Course {
        var changes: [(day: Int, text: String)] = []
        var champion = 1
        var shadows: [Int] = []
    }

    private static let first = 500
    private static let moves = Result {
        let closes = try RealBars.load().map(\.close)
        return zip(closes, closes.dropFirst()).map { abs($1 / $0 - 1) }
    }

    private static let manifest = """
        version: 1
        instruments: { us: [AAPL] }
        providers: { history: { plugin: local_history, path: data/history } }
        routes: { daily: { from: [history] } }
        indicators: { rsi14: { plugin: rsi, period: 14 } }
        models: { other: { plugin: ridge, target: { return: 1 bar } } }
        sinks: { shown: { plugin: console } }
        pipelines:
          main: { instruments: all, route: daily, timeframe: 1d, indicators: all, models: all, sinks: all }
        """

    private static let daily = Timeframe(1, .day)
    private static func time(_ day: Int) -> Int64 { Int64(day) * 86_400_000_000_000 }

    /// Plays the series with a champion and shadows; the champion's forecasts are spoilt from a day on where one is given.
    private func play(
        _ forecasts: [Forecast], rollback: PromotionScheme.Rollback? = nil, served: [Int] = [1], spoiltFrom: Int = .max,
        days: Int = 2_000, looking each: Int = 1
    ) async throws -> Course {
        let folder = try TemporaryFolder()
        let instruments = InstrumentTable()
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        defer { database.close() }
        let aapl = instruments.intern(Instrument(code: "AAPL", venue: "US"))
        let moves = try Self.moves.get()
        let plan = try plan(rollback)
        for (number, forecast) in forecasts.enumerated() {
            let errors = (100..<Self.first).map { abs(forecast.value(moves[..<$0]) - moves[$0]) }
            let stage: ModelStage = served.contains(number + 1) ? .champion : .shadow
            try await database.save(
                StoredArtifact(
                    model: plan.id, configurationDigest: "\(number)", dataDigest: "d",
                    card: card(plan, error: errors.reduce(0, +) / Double(errors.count)).json,
                    parts: [.init(validAfter: 0, validThrough: .max, bytes: [1])]),
                for: "main", as: stage, reason: "drill")
        }
        let manifest = try #require(ManifestLoader(plugins: Builtin.plugins).load(text: Self.manifest).manifest)
        let desk = VersionDesk(
            store: database, manifest: { manifest }, instruments: instruments, running: { _, _ in nil }, warn: { _ in })
        var rollout = try #require(Rollout(plan, in: "main", desk, database))
        var course = Course()
        for day in Self.first..<min(moves.count - 1, Self.first + days) {
            let standing = try await database.versions(VersionQuery(model: plan.id, pipeline: "main"))
            course.champion = standing.first { $0.stage == .champion }?.key.number ?? 0
            course.shadows = standing.filter { $0.stage == .shadow }.map(\.key.number)
            let kept = ([course.champion] + course.shadows).map { number in
                var value = forecasts[number - 1].value(moves[..<day])
                if number == served.last, day >= spoiltFrom { value *= 100 }
                return KeptPrediction(
                    model: plan.id, target: plan.target.description, instrument: aapl, time: Self.time(day), horizon: 1,
                    value: value, known: Self.time(day + 1), actual: moves[day], version: number,
                    shadow: number == course.champion ? 0 : number)
            }
            try await database.store([
                StoreEntry(
                    pipeline: "main", timeframe: Self.daily, provenance: Provenance(source: "drill"), events: .bars([]),
                    predictions: kept)
            ])
            guard (day - Self.first + 1) % each == 0 else { continue }
            for text in try await rollout.step() { course.changes.append((day - Self.first + 1, text)) }
        }
        return course
    }

    private func plan(_ rollback: PromotionScheme.Rollback?) throws -> TrainingPlan {
        let ridge = try #require(Builtin.plugins.first { $0.descriptor.id == "model/ridge" })
        guard case .model(let make) = ridge.maker else { throw PluginError(.unsupported, "ridge is no model") }
        var values: [String: ConfigurationValue] = [:]
        for option in ridge.descriptor.schema.options { values[option.name] = option.defaultValue }
        let context = PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: InstrumentTable())
        return TrainingPlan(
            id: "m", model: try make(Configuration(instance: "model/m", values: values), context),
            descriptor: ridge.descriptor, features: ["f"], target: Target(.volatility, bars: 2),
            validation: ValidationScheme(folds: 2, embargo: 0, minTrain: 20), seed: 1, threads: 1,
            promotion: PromotionScheme(minSamples: 100, requiresLeakageCheck: false, rollback: rollback),
            configurationDigest: "c")
    }

    private func card(_ plan: TrainingPlan, error: Double) -> ModelCard {
        var metrics = PredictionMetrics([], target: plan.target)
        metrics.meanAbsoluteError = error
        return ModelCard(
            model: plan.id, plugin: plan.descriptor.id, pluginVersion: plan.descriptor.version,
            target: plan.target.description, features: plan.columns, featureSchema: "", configurationDigest: "c",
            dataDigest: "d", bars: Self.first, rows: Self.first, per: nil, trainedThrough: Self.time(Self.first - 1),
            seed: 1, validation: "walk_forward", embargo: 0, folds: [], metrics: metrics,
            panel: PanelMetrics([], target: plan.target), instruments: [], search: nil, fitSeconds: 0)
    }

    /// A row of the table of drills in docs/models.md.
    private static func tell(_ drill: String, _ course: Course) {
        let changes = course.changes.map { "day \($0.day): \($0.text)" }.joined(separator: " ")
        print("| \(drill) | version \(course.champion) | \(changes.isEmpty ? "nothing changes" : changes) |")
    }

    /// Twenty retrains that are worse, each in its way.
    @Test(arguments: 1...20) func aWorseRetrainIsNeverPromoted(number: Int) async throws {
        let worse = number % 2 == 0 ? Forecast.last : .smooth(0.03, times: 1.25 + Double(number) / 20)
        let course = try await play([.smooth(0.03), worse], days: 900, looking: 20)
        Self.tell("a worse retrain: \(worse.name)", course)
        #expect(course.champion == 1)
        #expect(course.changes.map(\.day) == [800] && course.shadows.isEmpty, "\(course.changes)")
        #expect(course.changes.first?.text.contains("version 2 is candidate: not better: squared_error") == true)
    }

    @Test func aBetterOneIsPromoted() async throws {
        let course = try await play([.last, .smooth(0.03)], looking: 20)
        Self.tell("a better one: \(Forecast.smooth(0.03).name) against \(Forecast.last.name)", course)
        #expect(course.champion == 2 && course.changes.count == 1, "\(course.changes)")
        #expect([100, 200, 400, 800].contains(course.changes.first?.day ?? 0))
        #expect(course.changes.first?.text.contains("version 2 is champion: squared_error") == true)
    }

    @Test func aSilentlyBrokenChampionIsTakenBackWithinTheBars() async throws {
        let rule = PromotionScheme.Rollback(band: 4, bars: 10)
        let course = try await play(
            [.smooth(0.03), .smooth(0.05)], rollback: rule, served: [1, 2], spoiltFrom: Self.first + 300)
        Self.tell("a champion that predicts a hundred times too much from day 301 on", course)
        #expect(course.champion == 1 && course.changes.count == 1, "\(course.changes)")
        #expect(course.changes.first?.day == 310, "its tenth bar beyond the band")
        #expect(
            course.changes.first?.text.contains("version 1 serves again: the error of version 2 was beyond 4.0 times")
                == true)
    }

    @Test func aSoundChampionStaysOverAllTheYears() async throws {
        let rule = PromotionScheme.Rollback(band: 4, bars: 10)
        let course = try await play([.smooth(0.03), .smooth(0.05)], rollback: rule, served: [1, 2], days: .max / 2)
        Self.tell("a sound champion over all years", course)
        #expect(course.champion == 2 && course.changes.isEmpty, "\(course.changes)")
    }
}
