import OnlineLinearModel
import PluginKit
import Testing

@Suite struct OnlineLinearTests {
    private func model(forgetting: Double = 1, l2: Double = 1) throws(PluginError) -> OnlineLinear {
        try OnlineLinear(
            options(OnlineLinear.descriptor, ["forgetting": .number(forgetting), "l2": .number(l2)]), context: context()
        )
    }

    private func predictor(_ set: TrainingSet, _ model: OnlineLinear) async throws -> any OnlinePredictor {
        let artifact = try await model.fit(set, context: FitContext(seed: 1))
        return try #require(try model.load(artifact, features: set.features) as? any OnlinePredictor)
    }

    /// Four features of very different sizes.
    private static let known: TrainingSet = {
        var numbers = Sequence64(state: 7)
        var values: [Double] = []
        let labels = (0..<400).map { _ in
            let a = (0..<4).map { _ in numbers.next() }
            let x = [a[0], 100 + 5 * a[1], a[0] * 0.5 + a[2], 0.001 * a[3]]
            values += x
            return 2 * x[0] - 0.1 * x[1] + x[2] * x[0] + 300 * x[3] + 0.2 * (numbers.next() - 0.5)
        }
        return trainingSet(["a", "b", "c", "d"], values, labels)
    }()

    private static func rows(_ range: Range<Int>) -> TrainingSet {
        trainingSet(
            known.features, Array(known.values[range.lowerBound * 4..<range.upperBound * 4]), Array(known.labels[range])
        )
    }

    private static let probes: [Double] = [0, 0, 0, 0, 1, 100, 0.5, 0.0005, 0.25, 103, 0.75, 0.001, -1, 50, 2, -0.01]

    /// The first rows are fitted, the others learned one by one; features are standardised by the first. From numpy 2.4.6:
    /// `solve(Z'WZ + l2 f^n I, Z'Wy)`, `W` the diagonal of `f^(n - i)`. Tolerance 1e-9.
    @Test(arguments: [
        (
            1.0, 1.0,
            [0.429_246_824_720_278_75, -7.150_910_021_499_188, -9.234_979_211_254_485, -9.191_664_792_433_237],
            [-0.143_120_477_900_100_55, -7.171_870_671_016_406, -9.256_808_940_072_181, -9.697_218_215_930_85]
        ),
        (
            0.99, 1.0,
            [0.468_717_083_534_197_66, -7.175_990_772_389_552, -9.275_595_021_398_049, -9.041_720_935_081_614],
            [-0.564_133_035_861_582_8, -7.197_579_338_243_704, -9.256_676_190_204_473, -10.340_962_979_845_116]
        ),
        (
            0.97, 0.1,
            [0.687_818_091_768_168_1, -7.168_455_964_984_833, -9.306_649_326_245_706, -8.752_375_506_902_403],
            [-0.838_013_035_129_188_6, -7.195_923_429_520_922_5, -9.221_650_997_507_526, -11.021_491_400_151_284]
        ),
    ])
    func equalsWeightedLeastSquaresOfNumpy(
        forgetting: Double, l2: Double, fitted: [Double], learned: [Double]
    ) async throws {
        let predictor = try await predictor(Self.rows(0..<200), try model(forgetting: forgetting, l2: l2))
        let found = try predictor.values(Self.probes, width: 4)
        for (value, golden) in zip(found, fitted) { #expect(abs(value - golden) < 1e-9) }
        var learner = predictor.learner()
        for row in 200..<400 { try learner.learn(Self.known, row) }
        for (probe, golden) in learned.enumerated() {
            let value = try learner.value(Array(Self.probes[probe * 4..<(probe + 1) * 4]))
            #expect(abs(value - golden) < 1e-9)
        }
    }

    @Test func fittingAllIsFittingSomeAndLearningTheRestWhereFeaturesAreScaledAlike() async throws {
        // The second half repeats the features of the first, so both sets have the same mean and deviation.
        let half = Self.rows(0..<200)
        let labels = half.labels + half.labels.map { 3 - 2 * $0 }
        let whole = trainingSet(half.features, half.values + half.values, labels)
        let all = try await predictor(whole, try model(forgetting: 0.99))
        var learner = try await predictor(half, try model(forgetting: 0.99)).learner()
        for row in 200..<400 { try learner.learn(whole, row) }
        let expected = try all.values(Self.probes, width: 4)
        for (probe, golden) in expected.enumerated() {
            let value = try learner.value(Array(Self.probes[probe * 4..<(probe + 1) * 4]))
            #expect(abs(value - golden) < 1e-9 * max(1, golden.magnitude))
        }
    }

    /// Forgetting without news lets variances grow as `f^-n`: after 100,000 equal rows that is beyond every number.
    @Test func staysUsableWhereNothingNewComesForLong() async throws {
        var learner = try await predictor(Self.rows(0..<200), try model(forgetting: 0.9)).learner()
        let row: [Double] = [0.5, 102, 0.6, 0.0004]
        for _ in 0..<100_000 { try learner.learn(row.span, label: -8) }
        #expect(abs(try learner.value(row) + 8) < 1e-6)
        for row in 0..<400 { try learner.learn(Self.known, row) }
        for row in 350..<400 {
            let value = try learner.value(Array(Self.known.window(row)))
            #expect(abs(value - Self.known.labels[row]) < 2)
        }
    }

    @Test func featuresThatRepeatEachOtherDoNotSpoilTheFactors() async throws {
        var numbers = Sequence64(state: 3)
        var values: [Double] = []
        let labels = (0..<50_000).map { _ in
            let x = numbers.next()
            values += [x, x * 3 + 1, x + 1e-9 * numbers.next()]
            return 5 * x + 1
        }
        let set = trainingSet(["x", "same", "nearly"], values, labels)
        let predictor = try await predictor(set, try model(forgetting: 0.999))
        let found = try predictor.values([0.25, 1.75, 0.25, 0.75, 3.25, 0.75], width: 3)
        #expect(abs(found[0] - 2.25) < 1e-6 && abs(found[1] - 4.75) < 1e-6)
    }

    @Test func refusesALabelThatIsBeyondAllBoundsAndStaysAsItWas() async throws {
        var learner = try await predictor(Self.rows(0..<200), try model()).learner()
        let before = try learner.value(Array(Self.known.window(0)))
        for (row, label) in [([1e300, 100, 0.5, 0], 1.0), ([1, 100, 0.5, 0], 1e200), ([1, .nan, 0.5, 0], 1)] {
            let error = #expect(throws: PluginError.self) { try learner.learn(row.span, label: label) }
            #expect(error?.code == .quality)
        }
        #expect(try learner.value(Array(Self.known.window(0))) == before)
    }

    @Test func aStateOfAnotherWidthIsRefused() async throws {
        let predictor = try await predictor(Self.rows(0..<200), try model())
        let other = try await self.predictor(trainingSet(["x"], [1, 2, 3], [2, 4, 6]), try model())
        var writer = StateWriter()
        other.learner().save(to: &writer)
        var learner = predictor.learner()
        let error = #expect(throws: PluginError.self) {
            var reader = StateReader(writer.bytes)
            try learner.restore(from: &reader)
        }
        #expect(error?.code == .corrupted)
        #expect(error?.message.hasPrefix("model/online_linear: what was learned cannot be read") == true)
    }
}

extension Learner {
    fileprivate mutating func learn(_ set: TrainingSet, _ example: Int) throws(PluginError) {
        let row = Array(set.window(example))
        try learn(row.span, label: set.labels[example])
    }

    fileprivate func value(_ row: [Double]) throws(PluginError) -> Double {
        var output = [Double.nan]
        var span = output.mutableSpan
        try predict(row.span, into: &span)
        return output[0]
    }
}
