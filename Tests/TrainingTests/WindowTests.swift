import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// Sets of models that see several bars together.
@Suite struct WindowTests {
    private static let steps = 5

    private func plan(_ model: any Model, steps: Int = steps, seed: UInt64 = 7) throws -> TrainingPlan {
        TrainingPlan(
            id: "next", model: model, descriptor: LastStep.descriptor, features: try names([0, 2]), window: steps,
            target: Target(.relativeReturn, bars: 1),
            validation: ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: seed, threads: 1,
            configurationDigest: "c0ffee")
    }

    /// Predicts by the whole window: the mean of its first feature. Notes the newest row that a fit was given.
    private struct LastStep: Model {
        static let descriptor = PluginDescriptor(
            kind: .model, name: "last_step", summary: "", schema: ConfigurationSchema([]),
            outputs: [OutputColumn("value", unit: "", "")])

        init() {}
        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

        func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
            var writer = StateWriter()
            writer.write(set.time)
            writer.write(set.values.count / set.features.count)
            return writer.bytes
        }

        func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
            var reader = StateReader(artifact)
            return WindowMean(steps: try reader.readInt())
        }
    }

    private struct WindowMean: Predictor {
        let steps: Int
        let outputs = [OutputColumn("value", unit: "", "")]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            guard shape.time == steps, input.count == shape.count else { throw PluginError(.badRequest, "a window") }
            let size = steps * shape.features
            for row in 0..<shape.batch {
                output[row] = 0
                for step in 0..<steps { output[row] += input[row * size + step * shape.features] / 100 }
            }
        }
    }

    @Test func aWindowIsTheRowsOfTheBarsBeforeOfTheSameInstrument() throws {
        let bars = walks(instruments: 3, days: 80, seed: 5)
        let set = try SupervisedSet(data(bars), plan(LastStep()))
        let single = try supervised(bars, columns: [0, 2], target: Target(.relativeReturn, bars: 1))
        var rows: [InstrumentID: [[Double]]] = [:]
        for place in single.rows.indices {
            rows[single.rows[place].instrument, default: []].append(Array(single.values[place * 2..<place * 2 + 2]))
        }
        #expect(set.rows.count < single.rows.count && set.rows.count > 100)
        let training = set.trainingSet(Array(set.rows.indices))
        for place in set.rows.indices {
            let own = Array(set.input([place]))
            #expect(own == Array(training.window(place)))
            #expect(Array(own.suffix(2)) == set.newest([place]))
            let known = rows[set.rows[place].instrument] ?? []
            let end = try #require(known.firstIndex { $0 == Array(own.suffix(2)) })
            guard end >= Self.steps - 1 else { continue }
            #expect(own == known[end + 1 - Self.steps...end].flatMap(\.self))
        }
    }

    @Test func aFitSeesNoRowThatNoWindowOfItHas() throws {
        let set = try SupervisedSet(data(walks(instruments: 2, days: 120, seed: 6)), plan(LastStep()))
        let chosen = Array(0..<20)
        let training = set.trainingSet(chosen)
        let used = Set(chosen.flatMap { place in stride(from: 0, to: 10, by: 2).map { set.input([place])[$0] } })
        #expect(training.time == Self.steps && training.count == 20)
        #expect(Set(stride(from: 0, to: training.values.count, by: 2).map { training.values[$0] }) == used)
        #expect(training.values.count < 20 * Self.steps * 2)
    }

    @Test func theMetricsAreOfWhatServesOverThePast() async throws {
        let bars = walks(instruments: 3, days: 150, seed: 4)
        let plan = try plan(LastStep())
        var given = try data(bars)
        given.computeFeatures()
        let artifact = try await Trainer(plan: plan).fit(given)
        let card = try #require(ModelCard(json: artifact.card))
        let timeline = try Trainer.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: given.instruments)
        let made = try given.predictions(plan, timeline)
        let set = try SupervisedSet(given, plan)
        let tested = set.rows.filter { row in
            card.folds.contains { $0.validAfter < row.time && row.time <= $0.validThrough }
        }
        #expect(card.window == Self.steps && tested.count == card.metrics.rows)
        #expect(
            card.metrics.rankIC == PredictionMetrics.spearman(tested.map(\.label), tested.map { made[$0.bar] }))
        #expect(card.leakage?.checks.allSatisfy { $0.outcome != .fail } == true)
        #expect(card.difference(plugin: card.plugin, target: card.target, features: card.features, window: 4) != nil)
    }

    @Test func aWindowLongerThanTheHistoryIsTold() async throws {
        let plan = try plan(LastStep(), steps: 500)
        let fault = await #expect(throws: PluginError.self) {
            try await Trainer(plan: plan).fit(data(walks(instruments: 2, days: 100, seed: 1)))
        }
        #expect(fault?.code == .noData)
        #expect(fault?.message.contains("every value in 500 bars in a row ('window')") == true)
    }
}
