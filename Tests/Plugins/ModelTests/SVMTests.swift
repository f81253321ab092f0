import Glibc
import PluginKit
import SVMModel
import TabularModels
import Testing

private let isInstalled = (try? LibSVM()) != nil

@Suite(.enabled(if: isInstalled, "libsvm is not installed. Install it: sudo apt-get install libsvm-dev"))
struct SVMTests {
    private func model(_ changes: [String: ConfigurationValue] = [:]) throws(PluginError) -> SVM {
        try SVM(options(SVM.descriptor, changes), context: context())
    }

    private func predictor(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> any Predictor {
        let model = try model(changes)
        return try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: set.features)
    }

    private func standardised(_ values: [Double], by set: TrainingSet) -> [Double] {
        let labels = [Double](repeating: 0, count: values.count / set.features.count)
        return FeatureScaling(set).standardised(trainingSet(set.features, values, labels))
    }

    @Test(arguments: ["rbf", "linear"]) func regressionEqualsTheLibraryRowByRow(kernel: String) async throws {
        let set = try RecordedSet.training()
        let found = try await predictor(set, ["kernel": .text(kernel)]).values(try RecordedSet.probes(), width: 4)
        var options = SVMOptions()
        options.kernel = try #require(SVMOptions.Kernel(rawValue: kernel))
        let mean = set.labels.reduce(0) { $0 + $1 / 400 }
        let deviation = set.labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / 400 }.squareRoot()
        let machine = try TrainedSVM(
            try LibSVM(), rows: standardised(set.values, by: set), width: 4,
            labels: set.labels.map { ($0 - mean) / deviation }, options: options)
        let probes = standardised(try RecordedSet.probes(), by: set)
        let expected = machine.values(probes, width: 4, task: .regression).map { mean + deviation * $0 }
        let largest = expected.map(\.magnitude).max() ?? 0
        for (value, golden) in zip(found, expected) { #expect(abs(value - golden) <= 1e-9 * largest) }
        #expect(found.count == 20 && Set(found).count == 20)
    }

    /// The probability rises with the library's decision, and is the same for rows of the same decision.
    @Test(arguments: ["rbf", "linear"]) func probabilitiesFollowTheDecisionsOfTheLibrary(kernel: String) async throws {
        let set = try RecordedSet.training(isDirection: true)
        let found = try await predictor(set, ["kernel": .text(kernel), "task": .text("classification")]).values(
            try RecordedSet.probes(), width: 4)
        var options = SVMOptions()
        options.task = .classification
        options.kernel = try #require(SVMOptions.Kernel(rawValue: kernel))
        let machine = try TrainedSVM(
            try LibSVM(), rows: standardised(set.values, by: set), width: 4, labels: set.labels, options: options)
        let decisions = machine.values(
            standardised(try RecordedSet.probes(), by: set), width: 4, task: .classification)
        #expect(found.allSatisfy { $0 > 0 && $0 < 1 })
        let logits = found.map { log($0 / (1 - $0)) }
        let slope = (logits[1] - logits[0]) / (decisions[1] - decisions[0])
        for row in 2..<20 {
            #expect(abs(logits[row] - logits[0] - slope * (decisions[row] - decisions[0])) < 1e-6)
        }
    }

    @Test func tellsPartedClassesApart() async throws {
        let values = (0..<60).flatMap { [Double($0 % 30), Double(($0 * 7) % 5)] }
        let set = trainingSet(["x", "noise"], values, (0..<60).map { $0 % 30 < 15 ? 0 : 1 })
        for kernel in ["rbf", "linear"] {
            let predictor = try await predictor(set, ["kernel": .text(kernel), "task": .text("classification")])
            let found = try predictor.values([2, 2, 27, 2], width: 2)
            #expect(found[0] < 0.2 && found[1] > 0.8, "\(kernel): \(found)")
        }
    }

    @Test func learnsFromTheNewestRowsOnly() async throws {
        let values = (0..<200).map { Double($0 % 20) }
        let labels = values.indices.map { $0 < 100 ? 100 : values[$0] }
        let set = trainingSet(["x"], values, labels)
        let changes: [String: ConfigurationValue] = [
            "max_rows": .integer(100), "kernel": .text("linear"), "epsilon": .number(0.01),
        ]
        let found = try await predictor(set, changes).values([10], width: 1)[0]
        #expect(abs(found - 10) < 0.5, "\(found)")
    }

    @Test func givesAConstantFeatureNoWeight() async throws {
        let set = trainingSet(["x", "same"], (0..<40).flatMap { [Double($0), 5] }, (0..<40).map { Double($0) })
        for kernel in ["rbf", "linear"] {
            let found = try await predictor(set, ["kernel": .text(kernel)]).values([5, 5, 5, 500], width: 2)
            #expect(found[0] == found[1])
        }
    }

    @Test func refusesWhatItCannotLearnFrom() async throws {
        let classes: [String: ConfigurationValue] = ["task": .text("classification")]
        let cases: [(TrainingSet, [String: ConfigurationValue], PluginError.Code, String)] = [
            (trainingSet(["x"], [1, 2, .infinity], [0, 1, 0]), [:], .badRequest, "'x' of training row 2 is inf"),
            (trainingSet(["x"], [1, 2, 3], [0, .nan, 0]), [:], .badRequest, "the label of training row 1 is nan"),
            (trainingSet(["x"], [1, 2, 3], [0, 0.5, 0]), classes, .badRequest, "classes are 0 and 1"),
            (trainingSet(["x"], [1, 2, 3], [0, 0, 0]), classes, .noData, "two classes are needed"),
        ]
        for (set, changes, code, text) in cases {
            let model = try model(changes)
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(error?.code == code && error?.message.contains(text) == true, "\(error?.message ?? "")")
        }
    }

    @Test func refusesADamagedArtifact() async throws {
        let set = try RecordedSet.training()
        for kernel in ["rbf", "linear"] {
            let model = try model(["kernel": .text(kernel)])
            let artifact = try await model.fit(set, context: FitContext(seed: 1))
            for place in stride(from: 0, to: artifact.count, by: 53) {
                var bytes = artifact
                bytes[place] ^= 0x40
                let error = await fault { _ = try model.load(bytes, features: set.features) }
                #expect(error?.code == .corrupted)
            }
        }
    }
}

@Suite struct SVMWithoutLibraryTests {
    @Test func saysHowToInstallTheLibrary() async throws {
        let model = try SVM(options(SVM.descriptor, ["library": .text("none.so")]), context: context())
        let error = await fault { try await model.probe() }
        #expect(error?.code == .environment)
        #expect(error?.message.hasPrefix("model/svm: 'library' is '/nowhere/none.so'") == true)
        #expect(error?.message.hasSuffix("Install it: sudo apt-get install libsvm-dev") == true)
    }
}
