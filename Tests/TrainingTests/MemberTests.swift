import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// Models over models: what a member gives over history it had not learned from.
@Suite struct MemberTests {
    private func member() throws -> TrainingPlan { try plan(try ridge()) }

    private func top(combines: Bool, features: [String] = []) throws -> TrainingPlan {
        let descriptor = MeanModel.descriptor
        return TrainingPlan(
            id: "top", model: MeanModel(), descriptor: combines ? descriptor.combining() : descriptor,
            members: ["next"], features: features, target: Target(.relativeReturn, bars: 1),
            validation: ValidationScheme(folds: 3, embargo: 2, minTrain: 10), seed: 7, threads: 1,
            configurationDigest: "top")
    }

    private func joined(_ bars: [Bar]) async throws -> (data: TrainingData, artifact: StoredArtifact, values: [Double])
    {
        var given = try data(bars)
        let member = try member()
        let artifact = try await Trainer(plan: member).fit(given)
        let timeline = try Trainer.timeline(
            artifact, model: member.model, features: member.columns, instruments: given.instruments)
        let values = try given.predictions(member, timeline)
        given.join(model: "next", values)
        return (given, artifact, given.bars.indices.map { values[$0] })
    }

    @Test func aMemberGivesNothingBeforeItHadLearned() async throws {
        let bars = walks(instruments: 3, days: 200, seed: 9)
        let (data, artifact, values) = try await joined(bars)
        let first = artifact.parts[0].validAfter
        #expect(values.count == data.bars.count)
        for (bar, value) in zip(data.bars, values) where bar.time <= first { #expect(value.isNaN) }
        let later = zip(data.bars, values).filter { $0.0.time > first }
        #expect(later.count > 100 && later.count { $0.1.isFinite } > later.count * 9 / 10)
    }

    @Test func aModelLearnsFromRowsItsMemberPredicted() async throws {
        let (data, _, values) = try await joined(walks(instruments: 3, days: 200, seed: 9))
        let set = try SupervisedSet(data, try top(combines: true, features: ["rsi5"]))
        #expect(set.features == ["model/next", "rsi5"])
        let expected = zip(data.bars, values).filter { $0.1.isFinite }
        let known = Dictionary(uniqueKeysWithValues: expected.map { ("\($0.0.time) \($0.0.instrument)", $0.1) })
        #expect(!set.rows.isEmpty)
        for (place, row) in set.rows.enumerated() {
            #expect(set.values[place * 2] == known["\(row.time) \(row.instrument)"])
        }
        #expect(set.rows.count < (try SupervisedSet(data, try member())).rows.count)
    }

    @Test func aModelOverAMemberIsFittedAndServes() async throws {
        let (data, _, _) = try await joined(walks(instruments: 3, days: 300, seed: 9))
        for combines in [true, false] {
            let plan = try top(combines: combines)
            let artifact = try await Trainer(plan: plan).fit(data)
            #expect(ModelCard(json: artifact.card)?.features == ["model/next"])
            let timeline = try Trainer.timeline(
                artifact, model: plan.model, features: plan.columns, instruments: data.instruments)
            let made = try data.predictions(plan, timeline)
            #expect(data.bars.indices.contains { made[$0].isFinite })
        }
    }

    @Test func aColumnOfAMemberIsAFeature() async throws {
        let (data, _, _) = try await joined(walks(instruments: 3, days: 200, seed: 9))
        let set = try SupervisedSet(data, try top(combines: false, features: ["next.value", "rsi5"]))
        #expect(set.features == ["model/next", "next.value", "rsi5"] && !set.rows.isEmpty)
        for place in set.rows.indices { #expect(set.values[place * 3] == set.values[place * 3 + 1]) }
    }

    @Test func aMemberThatIsNotThereIsNamed() async throws {
        let given = try data(walks(instruments: 2, days: 100, seed: 1))
        let plan = try top(combines: true)
        let error = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(given) }
        #expect(error?.message.contains("no values of model/next") == true)
    }

    @Test func whatStandsBesideBarsIsInTheDigestOfModelsThatReadIt() throws {
        let bars = walks(instruments: 2, days: 30, seed: 2)
        var (plain, low, high) = (try data(bars), try data(bars), try data(bars))
        low.join(["known.age", "known.eps"], Array(repeating: 1, count: bars.count * 2))
        high.join(["known.age", "known.eps"], Array(repeating: 2, count: bars.count * 2))
        let reading = TrainingPlan(
            id: "r", model: MeanModel(), descriptor: MeanModel.descriptor, features: ["known.eps"],
            target: Target(.relativeReturn, bars: 1), validation: ValidationScheme(folds: 3, embargo: 0, minTrain: 10),
            seed: 1,
            threads: 1, configurationDigest: "")
        #expect(low.digest(of: try member()) == plain.digest(of: try member()))
        #expect(low.digest(of: reading) != high.digest(of: reading))
        let set = try SupervisedSet(high, reading)
        #expect(set.values.allSatisfy { $0 == 2 } && !set.rows.isEmpty)
        plain.join(["known.age"], [])
        #expect(throws: PluginError.self) { try SupervisedSet(plain, reading) }
    }
}
