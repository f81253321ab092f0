import LinearModel
import PluginKit
import Testing

@Suite struct RidgeTests {
    private func model(l2: Double = 1) throws(PluginError) -> Ridge {
        try Ridge(options(Ridge.descriptor, ["l2": .number(l2)]), context: context())
    }

    private func predictor(_ set: TrainingSet, l2: Double = 1) async throws -> any Predictor {
        let model = try model(l2: l2)
        return try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: set.features)
    }

    /// 200 rows of four features of very different sizes.
    private static let known: TrainingSet = {
        var numbers = Sequence64(state: 7)
        var values: [Double] = []
        let labels = (0..<200).map { _ in
            let a = (0..<4).map { _ in numbers.next() }
            let x = [a[0], 100 + 5 * a[1], a[0] * 0.5 + a[2], 0.001 * a[3]]
            values += x
            return 2 * x[0] - 0.1 * x[1] + x[2] * x[0] + 300 * x[3] + 0.2 * (numbers.next() - 0.5)
        }
        return trainingSet(["a", "b", "c", "d"], values, labels)
    }()

    private static let probes: [Double] = [0, 0, 0, 0, 1, 100, 0.5, 0.0005, 0.25, 103, 0.75, 0.001, -1, 50, 2, -0.01]

    /// From numpy 2.4.6: `lstsq` of the standardised features above `sqrt(l2) * I`. Tolerance 1e-9.
    @Test(arguments: [
        (0.0, [0.445_251_594_206_840_9, -7.183_759_629_217_718, -9.281_564_876_597_649, -9.253_383_776_916_706]),
        (1.0, [0.386_038_487_860_302_5, -7.194_118_358_359_223, -9.278_187_548_114_522, -9.234_873_129_293_248]),
        (50.0, [-1.906_095_621_854_163_4, -7.561_189_673_365_45, -9.153_839_908_972_193, -8.788_338_252_259_638]),
    ])
    func equalsLeastSquaresOfNumpy(l2: Double, expected: [Double]) async throws {
        let found = try await predictor(Self.known, l2: l2).values(Self.probes, width: 4)
        for (value, golden) in zip(found, expected) { #expect(abs(value - golden) < 1e-9) }
    }

    @Test func givesTheSameBytesTwiceAndTheSamePredictionsAfterLoading() async throws {
        let model = try model()
        let first = try await model.fit(Self.known, context: FitContext(seed: 1))
        let second = try await model.fit(Self.known, context: FitContext(seed: 2))
        #expect(first == second)
        let features = Self.known.features
        let one = try model.load(first, features: features).values(Self.probes, width: 4)
        #expect(try model.load(second, features: features).values(Self.probes, width: 4) == one)
    }

    @Test func givesAConstantFeatureNoWeight() async throws {
        let set = trainingSet(["x", "same"], [1, 5, 2, 5, 3, 5, 4, 5], [2, 4, 6, 8])
        let found = try await predictor(set, l2: 0).values([5, 5, 5, 500], width: 2)
        #expect(abs(found[0] - 10) < 1e-9)
        #expect(found[0] == found[1])
    }

    @Test func givesTheMeanWhereNothingVaries() async throws {
        let found = try await predictor(trainingSet(["x"], [3, 3, 3], [1, 2, 6]), l2: 0).values([99], width: 1)
        #expect(found == [3])
    }

    @Test func solvesRepeatedFeaturesWithoutAPenalty() async throws {
        let set = trainingSet(["x", "copy"], [1, 1, 2, 2, 3, 3, 4, 4], [2, 4, 6, 8])
        let found = try await predictor(set, l2: 0).values([5, 5], width: 2)
        #expect(abs(found[0] - 10) < 1e-6)
    }

    @Test func solvesMoreFeaturesThanRows() async throws {
        let set = bentSet(rows: 5, features: 12)
        let found = try await predictor(set, l2: 0).values(set.values, width: 12)
        for (value, label) in zip(found, set.labels) { #expect(abs(value - label) < 1e-6) }
    }

    @Test func refusesRowsThatAreNotFinite() async throws {
        let model = try model()
        for value in [Double.nan, -.infinity] {
            let set = trainingSet(["x"], [1, 2, value], [1, 2, 3])
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(error?.code == .badRequest)
            #expect(error?.message.contains("'x' of training row 2") == true)
        }
        let labelled = trainingSet(["x"], [1, 2], [1, .nan])
        let error = await fault { _ = try await model.fit(labelled, context: FitContext(seed: 1)) }
        #expect(error?.message.contains("the label of training row 1 is nan") == true)
    }

    @Test func refusesSetsItCannotLearnFrom() async throws {
        let model = try model()
        let cases: [(TrainingSet, PluginError.Code)] = [
            (trainingSet(["x"], [1], [1]), .noData), (trainingSet(["x"], [], []), .noData),
            (trainingSet([], [], [1, 2]), .badRequest),
            (trainingSet(["x"], [1, 2, 3, 4], [1, 2], time: 2), .unsupported),
        ]
        for (set, code) in cases {
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(error?.code == code)
        }
    }

    @Test func stopsWhenTheCheckpointThrows() async throws {
        let stopping = FitContext(seed: 1) { (_) throws(PluginError) in throw PluginError(.cancelled, "cancelled") }
        let model = try model()
        let error = await fault { _ = try await model.fit(Self.known, context: stopping) }
        #expect(error?.code == .cancelled)
    }

    @Test func refusesADamagedArtifact() async throws {
        let model = try model()
        let artifact = try await model.fit(Self.known, context: FitContext(seed: 1))
        let features = Self.known.features
        var damaged = (0..<artifact.count).map { Array(artifact[..<$0]) }
        for place in artifact.indices {
            var bytes = artifact
            bytes[place] ^= 0x40
            damaged.append(bytes)
        }
        damaged.append(artifact + [0])
        for bytes in damaged {
            let error = await fault { _ = try model.load(bytes, features: features) }
            #expect(error?.code == .corrupted)
        }
    }

    @Test func survivesRandomBytes() throws {
        let model = try model()
        var numbers = Sequence64(state: 1)
        for _ in 0..<2_000 {
            let bytes = Array("LINEAR".utf8) + (0..<Int(numbers.next() * 100)).map { _ in UInt8(numbers.next() * 256) }
            #expect(throws: PluginError.self) { _ = try model.load(bytes, features: ["x"]) }
        }
    }

    @Test func refusesOtherFeaturesThanItsOwn() async throws {
        let model = try model()
        let artifact = try await model.fit(Self.known, context: FitContext(seed: 1))
        for features in [["b", "a", "c", "d"], ["a", "b", "c"], []] {
            let error = await fault { _ = try model.load(artifact, features: features) }
            #expect(error?.code == .badRequest)
        }
    }

    @Test func refusesABlockOfAnotherShape() async throws {
        let predictor = try await predictor(Self.known)
        let error = await fault { _ = try predictor.values([1, 2, 3], width: 3) }
        #expect(error?.code == .badRequest)
        #expect(error?.message.contains("the model takes [rows, 1, 4]") == true)
    }
}
