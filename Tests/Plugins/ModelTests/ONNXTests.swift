import Foundation
import ONNXModel
import PluginKit
import TestSupport
import Testing

private let isInstalled = (try? ONNXLibrary(folder: Repository.root)) != nil
private let missing: Comment = "ONNX Runtime is not installed. Run `make bench-peers`, which puts it into .venv-bench"
private let folder = "\(Repository.root)/Tests/Fixtures/Models/ONNX"

/// What is refused before the library is opened.
@Suite struct ONNXFileTests {
    private func file(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name).onnx")))
    }

    @Test(arguments: [("boosting", ["", "ai.onnx.ml"]), ("lstm", [""]), ("columns", [""])])
    func readsTheSetsOfOperators(name: String, domains: [String]) throws {
        let found = try ONNXFile(file(name), name: "it").operators
        #expect(Set(found.map(\.domain)) == Set(domains))
        let named = try ONNXFile(file(name), name: "it").features
        #expect(named == (name == "boosting" ? ["range", "change", "volume_change"] : nil))
    }

    @Test(arguments: [
        ("custom", PluginError.Code.unsupported, "operators of the domain 'my.company'"),
        ("old", .unsupported, "has opset 5; allowed 7...26"),
    ])
    func refusesOperatorsThatAreNotRun(name: String, code: PluginError.Code, says: String) async throws {
        let found = await fault { _ = try ONNXFile(file(name), name: "it") }
        #expect(found?.code == code && found?.message.contains(says) == true, "\(found?.message ?? "")")
    }

    @Test func refusesWhatIsNoFile() async throws {
        let whole = try file("lstm")
        for bytes in [[], Array("not a model".utf8), Array(whole.prefix(whole.count / 2)), Array(whole.dropFirst(3))] {
            #expect(await fault { _ = try ONNXFile(bytes, name: "it") }?.code == .corrupted)
        }
    }
}

/// Files of scikit-learn and PyTorch, run by the library.
@Suite(.enabled(if: isInstalled, missing)) struct ONNXTests {
    private static let names = ["range", "change", "volume_change"]

    private struct Expected: Decodable {
        let rows: [Double]
        let windows: [Double]
        let boosting: [Double]
        let ridge: [Double]
        let direction: [Double]
        let columns: [Double]
        let lstm: [Double]
    }

    private func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(filePath: "\(folder)/expected.json")))
    }

    private func model(_ name: String, _ changes: [String: ConfigurationValue] = [:]) throws -> ONNX {
        try ONNX(
            options(ONNX.descriptor, changes.merging(["file": .text("\(folder)/\(name).onnx")]) { $1 }),
            context: PluginContext(
                baseDirectory: Repository.root, stateDirectory: "/nowhere", instruments: NoInstruments()))
    }

    private func set(_ features: [String], time: Int = 1, count: Int = 24) -> TrainingSet {
        trainingSet(
            features, Array(repeating: 0.5, count: count * time * features.count), Array(repeating: 0, count: count),
            time: time)
    }

    private func predictor(
        _ name: String, _ changes: [String: ConfigurationValue] = [:], time: Int = 1
    ) async throws -> any Predictor {
        let model = try model(name, changes)
        let bytes = try await model.fit(set(Self.names, time: time), context: FitContext(seed: 1))
        return try model.load(bytes, features: Self.names)
    }

    private func predicted(
        _ predictor: any Predictor, _ rows: [Double], time: Int = 1, by count: Int
    ) throws -> [Double] {
        let size = time * 3
        var found: [Double] = []
        for first in stride(from: 0, to: rows.count / size, by: count) {
            let part = Array(rows[first * size..<min(rows.count, (first + count) * size)])
            let batch = part.count / size
            var output = [Double](repeating: .nan, count: batch)
            var span = output.mutableSpan
            try predictor.predict(
                part.span, shape: TensorShape(batch: batch, time: time, features: 3), into: &span)
            found += output
        }
        return found
    }

    @Test(arguments: ["boosting", "ridge", "direction", "columns"])
    func predictsWhatTheOriginPredicts(name: String) async throws {
        let all = try expected()
        let wanted = ["boosting": all.boosting, "ridge": all.ridge, "direction": all.direction, "columns": all.columns]
        let found = try predicted(try await predictor(name), all.rows, by: 24)
        for (value, origin) in zip(found, try #require(wanted[name])) {
            #expect(abs(value - origin) <= 1e-5 * max(1, abs(origin)))
        }
        #expect(Set(found).count > 4 && found.count == 24)
    }

    @Test func predictsWindowsAsPyTorchDoes() async throws {
        let all = try expected()
        let found = try predicted(try await predictor("lstm", time: 8), all.windows, time: 8, by: 24)
        for (value, origin) in zip(found, all.lstm) { #expect(abs(value - origin) <= 1e-5) }
        #expect(Set(found).count == 24)
    }

    @Test(arguments: [("boosting", 1), ("lstm", 8), ("columns", 1), ("ridge", 1)])
    func aRowGivesTheSameBitsInAnyBlock(name: String, time: Int) async throws {
        let all = try expected()
        let rows = time == 1 ? all.rows : all.windows
        let predictor = try await predictor(name, time: time)
        let whole = try predicted(predictor, rows, time: time, by: 24)
        for count in [1, 2, 5, 23] { #expect(try predicted(predictor, rows, time: time, by: count) == whole) }
    }

    @Test func otherColumnsAndOutputsAreChosen() async throws {
        let rows = try expected().rows
        let last = try predicted(try await predictor("direction"), rows, by: 24)
        let first = try predicted(try await predictor("direction", ["column": .integer(0)]), rows, by: 24)
        for (one, zero) in zip(last, first) { #expect(abs(one + zero - 1) < 1e-6) }
        let found = await fault { _ = try await self.predictor("zipmap", ["output": .text("nothing")]) }
        #expect(found?.code == .badRequest && found?.message.contains("'zipmap': False") == true)
    }

    @Test(arguments: [
        ("boosting", ["change", "range", "volume_change"], 1), ("boosting", ["range", "change"], 1),
        ("boosting", ["range", "change", "volume_change"], 8), ("lstm", ["range", "change", "volume_change"], 1),
        ("columns", ["range", "change", "volume"], 1), ("lstm", ["range", "change", "volume_change", "rsi14"], 8),
    ])
    func refusesOtherFeaturesWithBothLists(name: String, features: [String], time: Int) async throws {
        let found = await fault {
            _ = try await model(name).fit(set(features, time: time), context: FitContext(seed: 1))
        }
        #expect(found?.code == .badRequest)
        #expect(found?.message.contains(features.joined(separator: ", ")) == true, "\(found?.message ?? "")")
        let own = [
            "boosting": "range, change, volume_change", "columns": "volume_change",
            "lstm": "range,change,volume_change",
        ]
        #expect(found?.message.contains(try #require(own[name])) == true, "\(found?.message ?? "")")
    }

    @Test func tellsAnOperatorThatTheLibraryHasNot() async throws {
        let found = await fault { _ = try await self.predictor("unknown") }
        #expect(found?.code == .unsupported && found?.message.contains("NoSuchOperator") == true)
    }

    @Test func aDayItWasTrainedThroughLeavesEarlierRowsOut() async throws {
        let model = try model("ridge", ["trained_through": .text("1970-01-02")])
        let found = await fault { _ = try await model.fit(set(Self.names), context: FitContext(seed: 1)) }
        #expect(found?.code == .noData && found?.message.contains("1970-01-02T23:59:59Z") == true)
        let faults = ONNX.validate(options(ONNX.descriptor, ["trained_through": .text("spring")]))
        #expect(faults.map(\.option) == ["trained_through"])
    }

    @Test func aMissingFileIsTold() async throws {
        let found = await fault { _ = try await self.predictor("nowhere") }
        #expect(found?.code == .notFound)
        let library = await fault {
            try await ONNX(
                options(ONNX.descriptor, ["library": .text("/nowhere.so")]), context: context()
            ).probe()
        }
        #expect(library?.code == .environment)
    }

    @Test func theArtifactHoldsTheFile() async throws {
        let model = try model("ridge")
        let bytes = try await model.fit(set(Self.names), context: FitContext(seed: 1))
        #expect(bytes == (try await model.fit(set(Self.names), context: FitContext(seed: 2))))
        for place in stride(from: 0, to: bytes.count, by: 37) {
            var spoiled = bytes
            spoiled[place] ^= 0x10
            let found = await fault { _ = try model.load(spoiled, features: Self.names) }
            #expect(found?.code == .corrupted || found?.code == .badRequest)
        }
        #expect(await fault { _ = try model.load(bytes, features: Self.names.reversed()) }?.code == .badRequest)
    }
}
