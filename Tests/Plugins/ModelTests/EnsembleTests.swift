import BayesianAverageModel
import Foundation
import NeuralModel
import PluginKit
import StackingModel
import Synchronization
import Testing
import VotingModel

/// Models that combine what others predict.
@Suite struct EnsembleTests {
    private static let all: [PluginDescriptor] = [
        Voting.descriptor, Stacking.descriptor, BayesianAverage.descriptor, Neural.descriptor,
    ]

    private func model(
        _ descriptor: PluginDescriptor, _ changes: [String: ConfigurationValue] = [:]
    ) throws -> any Model {
        let given = options(descriptor, changes)
        switch descriptor.name {
        case "voting": return try Voting(given, context: context())
        case "stacking": return try Stacking(given, context: context())
        case "bayesian_average": return try BayesianAverage(given, context: context())
        default: return try Neural(given, context: context())
        }
    }

    /// Labels a wave; of the members the first is near it, the second further off, the third knows nothing of it.
    private func waves(rows: Int = 400, names: [String] = ["model/a", "model/b", "model/c"]) -> TrainingSet {
        var numbers = Noise(state: 5)
        let labels = (0..<rows).map { sin(Double($0) / 7) + 0.1 * numbers.next() }
        let values = labels.flatMap { [$0 + 0.2 * numbers.next(), $0 + 0.8 * numbers.next(), numbers.next()] }
        return trainingSet(names, values, labels)
    }

    private func predictions(
        _ descriptor: PluginDescriptor, _ changes: [String: ConfigurationValue] = [:], _ set: TrainingSet,
        _ rows: [Double]
    ) async throws -> [Double] {
        let model = try model(descriptor, changes)
        let artifact = try await model.fit(set, context: FitContext(seed: 3))
        let predictor = try model.load(artifact, features: set.features)
        guard predictor.outputs.count > 1 else { return try predictor.values(rows, width: set.features.count) }
        return try numbers(of: predictor, rows, width: set.features.count)
    }

    private func numbers(of predictor: any Predictor, _ rows: [Double], width: Int) throws -> [Double] {
        let shape = TensorShape(batch: rows.count / width, features: width)
        var output = [Double](repeating: .nan, count: shape.batch * predictor.outputs.count)
        var span = output.mutableSpan
        try predictor.predict(rows.span, shape: shape, into: &span)
        return output
    }

    /// How much each member counts is told to the card, the better one's weight the greater.
    @Test(arguments: all, ["none", "exponential", "hedge"]) func tellsTheWeightsOfItsMembers(
        _ descriptor: PluginDescriptor, adaptive: String
    ) async throws {
        let told = Mutex<[String: Double]>([:])
        let model = try model(descriptor, ["adaptive": .text(adaptive)])
        _ = try await model.fit(
            waves(), context: FitContext(seed: 3, report: { figure, value in told.withLock { $0[figure] = value } }))
        let weights = told.withLock { $0 }
        #expect(weights.keys.sorted() == ["weight.a", "weight.b", "weight.c"])
        let (better, worse) = (try #require(weights["weight.a"]), try #require(weights["weight.b"]))
        if descriptor.name == "voting", adaptive == "none" { #expect(better == worse) } else { #expect(better > worse) }
    }

    /// What is learned beyond the weights is held back, so that each ensemble says what it begins with: by hand from errors of 1 and 4.
    @Test(arguments: [
        (Voting.descriptor, [:]), (Stacking.descriptor, ["l2": ConfigurationValue.number(1e6)]),
        (Neural.descriptor, ["epochs": .integer(1), "learning_rate": .number(1e-5)]),
    ])
    func beginsWithTheWeightsOfAdaptive(
        _ descriptor: PluginDescriptor, _ held: [String: ConfigurationValue]
    ) async throws {
        // The predictions vary, the errors do not: 1 and 2 everywhere, whose squares have 1 and 4 in the mean.
        let labels = (0..<40).map { Double($0 % 7) }
        let set = trainingSet(
            ["model/a", "model/b"],
            labels.enumerated().flatMap { [$1 + ($0 % 2 == 0 ? 1 : -1), $1 + ($0 % 2 == 0 ? 2 : -2)] }, labels)
        func weight(_ adaptive: String) async throws -> Double {
            let options = held.merging(["adaptive": .text(adaptive), "rate": .number(0.5)]) { $1 }
            let made = try await predictions(descriptor, options, set, [0, 0, 1, 0])
            return made[1] - made[0]
        }
        #expect(abs(try await weight("exponential") - 0.8) < 0.01)
        // The mean of 40 labels 0...6 varies by 4, so losses are 1/16 and 4/16 of an event time: 40 times 3/16, and half of that.
        let mean = labels.reduce(0, +) / 40
        let variance = labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40
        let ratio = exp(-0.5 * 40 * 3 / (4 * variance))
        #expect(abs(try await weight("hedge") - 1 / (1 + ratio)) < 0.01)
    }

    /// Likelihoods are multiplied with the weights before.
    @Test func aPosteriorIsThePriorTimesTheLikelihood() async throws {
        var numbers = Noise(state: 8)
        let labels = (0..<30).map { _ in numbers.next() }
        let set = trainingSet(
            ["model/a", "model/b"], labels.flatMap { [$0 + 0.5 * numbers.next(), $0 + 0.6 * numbers.next()] }, labels)
        func odds(_ descriptor: PluginDescriptor, _ adaptive: String) async throws -> Double {
            let options: [String: ConfigurationValue] = ["adaptive": .text(adaptive), "half_life": .integer(5)]
            let model = try model(descriptor, options)
            let told = Mutex<[String: Double]>([:])
            _ = try await model.fit(
                set, context: FitContext(seed: 3, report: { figure, value in told.withLock { $0[figure] = value } }))
            let weights = told.withLock { $0 }
            return try #require(weights["weight.a"]) / (try #require(weights["weight.b"]))
        }
        let likelihood = try await odds(BayesianAverage.descriptor, "none")
        for adaptive in ["exponential", "hedge"] {
            let prior = try await odds(Voting.descriptor, adaptive)
            let posterior = try await odds(BayesianAverage.descriptor, adaptive)
            #expect(prior != 1 && abs(posterior / (prior * likelihood) - 1) < 1e-9)
        }
    }

    @Test func aMedianHasNoWeights() throws {
        let given = options(Voting.descriptor, ["method": .text("median"), "adaptive": .text("hedge")])
        let faults = Voting.validate(given)
        #expect(faults.map(\.option) == ["adaptive"])
        #expect(faults.first?.message.contains("'adaptive' is hedge with 'method' median") == true)
        #expect(Voting.validate(options(Voting.descriptor, ["method": .text("median")])).isEmpty)
    }

    @Test func aVoteIsTheMeanOrTheMiddleOfThoseThatAreThere() async throws {
        let rows: [Double] = [1, 2, 6, .nan, 2, 6, .nan, .nan, 6, .nan, .nan, .nan]
        let mean = try await predictions(Voting.descriptor, [:], waves(), rows)
        #expect(mean[0] == 3 && mean[1] == 4 && mean[2] == 6 && mean[3].isNaN)
        let median = try await predictions(Voting.descriptor, ["method": .text("median")], waves(), rows)
        #expect(median[0] == 2 && median[1] == 4 && median[2] == 6 && median[3].isNaN)
        let five = trainingSet(["model/a", "model/b", "model/c", "model/d"], [1, 2, 3, 4, 1, 2, 3, 4], [1, 2])
        let even = try await predictions(
            Voting.descriptor, ["method": .text("median")], five, [4, 4, 1, 9, 4, 4, 4, 4])
        #expect(even == [4, 4])
    }

    /// Weights are one over the mean squared error, by hand.
    @Test func errorsWeigh() async throws {
        let set = trainingSet(["model/a", "model/b"], [1, 2, 1, 2, 1, 2, 1, 2], [0, 0, 0, 0])
        let voted = try await predictions(
            Voting.descriptor, ["adaptive": .text("exponential")], set, [10, 20, 10, .nan, .nan, 20])
        // Errors of 1 and 4: weights 0.8 and 0.2; alone each has all of it.
        #expect(abs(voted[0] - 12) < 1e-12 && voted[1] == 10 && voted[2] == 20)
    }

    @Test func aHalfLifeForgets() async throws {
        // The first member was right for 300 rows, the second is right since 60; the other one knows nothing meanwhile.
        var numbers = Noise(state: 4)
        let labels = (0..<360).map { _ in numbers.next() }
        let values = labels.enumerated().flatMap { row, label in
            row < 300 ? [label, numbers.next()] : [numbers.next(), label]
        }
        let set = trainingSet(["model/a", "model/b"], values, labels)
        for (descriptor, changes) in [
            (Voting.descriptor, ["adaptive": ConfigurationValue.text("exponential")]),
            (Voting.descriptor, ["adaptive": .text("hedge")]), (BayesianAverage.descriptor, ["half_life": .integer(0)]),
            (Stacking.descriptor, [:]),
        ] {
            let probe: [Double] = [1, 0]
            let always = try await predictions(descriptor, changes, set, probe)[0]
            let lately = try await predictions(
                descriptor, changes.merging(["half_life": .integer(10)]) { $1 }, set, probe)[0]
            #expect(always > 0.6 && lately < 0.4, "\(descriptor.name) \(changes): \(always) then \(lately)")
        }
    }

    /// Least squares with weights that are none below zero has a known solution where no weight is at its bound.
    @Test func stackingFindsTheWeights() async throws {
        var numbers = Noise(state: 9)
        let members = (0..<500).map { _ in [numbers.next(), numbers.next(), numbers.next()] }
        let labels = members.map { 0.5 + 0.7 * $0[0] + 0.2 * $0[1] - 0.4 * $0[2] }
        let set = trainingSet(["model/a", "model/b", "model/c"], members.flatMap(\.self), labels)
        let rows: [Double] = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
        let found = try await predictions(Stacking.descriptor, ["l2": .number(0)], set, rows)
        // What says the opposite gets no weight; the others are as they are but for chance correlations with it.
        #expect(found[3] == found[0])
        #expect(abs(found[1] - found[0] - 0.7) < 0.06 && abs(found[2] - found[0] - 0.2) < 0.06)
        let two = trainingSet(
            ["model/a", "model/b"], members.flatMap { $0.prefix(2) }, members.map { 0.5 + 0.7 * $0[0] + 0.2 * $0[1] })
        let exact = try await predictions(Stacking.descriptor, ["l2": .number(0)], two, [0, 0, 1, 0, 0, 1])
        #expect(abs(exact[0] - 0.5) < 1e-9 && abs(exact[1] - 1.2) < 1e-9 && abs(exact[2] - 0.7) < 1e-9)
    }

    @Test func theLikelierMemberHasTheWeightAndTheVarianceIsTheMixtures() async throws {
        let set = waves()
        let made = try await predictions(BayesianAverage.descriptor, [:], set, [0.5, -3, 3, .nan, 1, 2])
        #expect(abs(made[0] - 0.5) < 0.01 && made[1] > 0 && made[1] < 0.1)
        // Without the first all goes to the second, whose errors are larger.
        #expect(abs(made[2] - 1) < 0.1 && made[3] > made[1])
    }

    @Test func theNetBeginsAsAVoteAndLearnsWhomToBelieve() async throws {
        // The feature says which of the members knows.
        var numbers = Noise(state: 21)
        var values: [Double] = []
        var labels: [Double] = []
        for _ in 0..<600 {
            let (truth, sign) = (numbers.next(), numbers.next() > 0 ? 1.0 : -1)
            values += sign > 0 ? [truth, numbers.next(), sign] : [numbers.next(), truth, sign]
            labels.append(truth)
        }
        let set = trainingSet(["model/a", "model/b", "trend"], values, labels)
        let net = try await predictions(Neural.descriptor, ["epochs": .integer(600)], set, values)
        let vote = try await predictions(Voting.descriptor, [:], set, values)
        func error(_ made: [Double]) -> Double {
            zip(made, labels).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 600
        }
        #expect(error(net) < 0.5 * error(vote), "\(error(net)) beside \(error(vote))")
        let idle = try await predictions(
            Neural.descriptor, ["epochs": .integer(1), "learning_rate": .number(1e-5)], set, [1, 3, 1, .nan, 3, 1])
        #expect(abs(idle[0] - 2) < 0.01 && abs(idle[1] - 3) < 0.01)
    }

    @Test(arguments: all) func theSameSetGivesTheSameBytesAndDamageIsRefused(
        _ descriptor: PluginDescriptor
    ) async throws {
        let (model, set) = (try model(descriptor), waves(rows: 120))
        let artifact = try await model.fit(set, context: FitContext(seed: 3))
        #expect(try await model.fit(set, context: FitContext(seed: 3)) == artifact)
        for place in stride(from: 0, to: artifact.count, by: 7) {
            var bytes = artifact
            bytes[place] ^= 0x40
            #expect(await fault { _ = try model.load(bytes, features: set.features) }?.code == .corrupted)
        }
        #expect(await fault { _ = try model.load(artifact, features: set.features.reversed()) }?.code == .badRequest)
        let context = FitContext(seed: 1) { _ throws(PluginError) in throw PluginError(.cancelled, "test: enough.") }
        #expect(await fault { _ = try await model.fit(set, context: context) }?.code == .cancelled)
    }

    @Test(arguments: all) func whatCannotBeCombinedIsRefused(_ descriptor: PluginDescriptor) async throws {
        let model = try model(descriptor)
        let unlabelled = trainingSet(["model/a"], [1, 2, 3], [1, .nan, 2])
        let strange = trainingSet(["model/a", "rsi"], [1, 2, 3, .infinity], [1, 2])
        let alone = trainingSet(["model/a"], [1], [1])
        for (set, code, words) in [
            (unlabelled, PluginError.Code.badRequest, "label of training row 1"),
            (strange, .badRequest, "'rsi' of training row 1"),
            (alone, .noData, "has 1 rows"),
        ] {
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(error?.code == code && error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }

    /// A member that never predicted has no weight, and none of them is no reason to fail.
    @Test(arguments: all) func silentMembersAreLeftOut(_ descriptor: PluginDescriptor) async throws {
        var numbers = Noise(state: 2)
        let labels = (0..<100).map { _ in numbers.next() }
        let set = trainingSet(["model/a", "model/b"], labels.flatMap { [$0, .nan] }, labels)
        let made = try await predictions(descriptor, [:], set, [0.4, .nan])
        #expect(abs(made[0] - 0.4) < 0.05)
    }
}

/// Numbers around zero, repeatable.
private struct Noise {
    var state: UInt64

    mutating func next() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return 2 * Double((word ^ (word >> 31)) >> 11) / 9_007_199_254_740_992 - 1
    }
}
