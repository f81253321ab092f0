import Foundation
import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// How much each row counts in a fit.
struct RowWeightsTests {
    /// One instrument with a bar on each of the days.
    private func bars(_ days: [Int]) -> [Bar] {
        days.map { bar(0, $0, close: 100 + Double($0 % 7)) }
    }

    private func set(_ bars: [Bar], horizon: Int, _ weighting: RowWeighting?) throws -> SupervisedSet {
        let given = try features()
        return try SupervisedSet(
            data(bars, given),
            TrainingPlan(
                id: "next", model: WeighingModel(), descriptor: WeighingModel.descriptor,
                features: [given.schema.names[1]], target: Target(.relativeReturn, bars: horizon), weighting: weighting,
                validation: ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: 7, threads: 1,
                configurationDigest: "c0ffee"))
    }

    @Test func withoutAWordAllCountAlike() throws {
        let set = try set(bars(Array(1...40)), horizon: 1, nil)
        #expect(set.trainingSet(Array(set.rows.indices)).weights.isEmpty)
    }

    @Test func byAgeARowCountsHalfAfterEachHalfLife() throws {
        let set = try set(
            walks(instruments: 3, days: 60, seed: 4), horizon: 1, RowWeighting(halfLife: 10, isByUniqueness: false))
        for places in [Array(set.rows.indices), Array(set.rows.indices.prefix(40))] {
            let weights = set.trainingSet(places).weights
            let times = Set(places.map { set.rows[$0].time }).sorted()
            #expect(abs(weights.reduce(0, +) - Double(places.count)) < 1e-9)
            for place in places {
                let age = times.count - 1 - (try #require(times.firstIndex(of: set.rows[place].time)))
                let share = weights[place] / weights[places.count - 1]
                #expect(abs(share - exp2(-Double(age) / 10)) < 1e-12)
            }
        }
    }

    /// Counted bar by bar from the definition.
    @Test(arguments: [1, 3, 8]) func byUniquenessARowCountsItsShareOfItsLabel(horizon: Int) throws {
        // Beside the gap labels reach over it, and look at fewer bars that others look at too.
        let set = try set(
            bars(Array(1...40) + Array(55...80)), horizon: horizon, RowWeighting(halfLife: nil, isByUniqueness: true))
        let rows = set.rows
        let weights = set.trainingSet(Array(rows.indices)).weights
        let times = Set(rows.flatMap { [$0.time, $0.labelEnd] }).sorted()
        let shares = rows.map { row in
            let seen = times.filter { $0 > row.time && $0 <= row.labelEnd }
            let each = seen.map { bar in 1 / Double(rows.count { $0.time < bar && bar <= $0.labelEnd }) }
            return each.reduce(0, +) / Double(each.count)
        }
        let sum = shares.reduce(0, +)
        for (weight, share) in zip(weights, shares) {
            #expect(abs(weight - share / sum * Double(rows.count)) < 1e-9)
        }
        if horizon == 1 {
            #expect(weights.allSatisfy { abs($0 - 1) < 1e-12 }, "labels that do not overlap count alike")
        } else {
            #expect(weights.max() ?? 0 > 1.2 * (weights.min() ?? 1), "the first and last rows are more alone")
        }
    }

    /// What a fit reports is in the card, of each test and of what serves.
    @Test func theCardHasWhatFitsReport() async throws {
        let given = try features()
        let plan = TrainingPlan(
            id: "next", model: WeighingModel(), descriptor: WeighingModel.descriptor,
            features: [given.schema.names[1]], target: Target(.relativeReturn, bars: 1),
            weighting: RowWeighting(halfLife: 5, isByUniqueness: false),
            validation: ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: 7, threads: 1,
            configurationDigest: "c0ffee")
        let artifact = try await Trainer(plan: plan).fit(data(walks(instruments: 2, days: 80, seed: 8), given))
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.folds.count == 4)
        for fold in card.folds {
            #expect(fold.figures?.keys.sorted() == ["heaviest", "weight.a"], "not a number is left out")
            #expect(fold.figures?["weight.a"] == Double(fold.trainRows))
        }
        #expect(card.figures?["weight.a"] == Double(card.rows))
        #expect(try #require(card.figures?["heaviest"]) > 2)
        let weights = card.weights
        #expect(weights.map(\.member) == ["a"] && weights[0].times == card.folds.map(\.validAfter))
        #expect(weights[0].values == card.folds.map { Double($0.trainRows) })
        let timeline = try Trainer.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: data([]).instruments)
        #expect(timeline.figures == card.figures)
    }
}

/// Predicts 0, and reports what it was given.
private struct WeighingModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "weighing", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")]
    ).weighing()

    init() {}
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        context.report("heaviest", set.weights.max() ?? 0)
        context.report("weight.a", Double(set.count))
        context.report("nothing", .nan)
        return try await MeanModel(constant: 0).fit(set, context: context)
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try MeanModel().load(artifact, features: features)
    }
}
