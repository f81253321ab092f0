import FoundationEssentials
import Glibc
import HostManifest
import ONNXModel
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import HostPlugins

/// A model that a process fits and the host serves: `model/torch` by `model/onnx`.
@Suite(.serialized) struct TorchPluginTests {
    private static let source = "\(Repository.root)/Sources/Plugins/Models/Torch"
    private static let servers: [PluginType] = [.model(ONNX.self)]
    /// Packages of an environment with PyTorch, made by `make bench-peers`.
    private static let packages: String? = Repository.names(in: ".venv-torch/lib")
        .map { "\(Repository.root)/.venv-torch/lib/\($0)/site-packages" }
        .first { access("\($0)/torch", F_OK) == 0 }
    private static let missing: Comment =
        "There is no .venv-torch. Run `make bench-peers`, which makes it where pip finds PyTorch"

    private static func install(
        _ temporary: TemporaryFolder, servers: [PluginType] = servers
    ) throws -> InstalledPlugins {
        let folder = "\(temporary.path)/source"
        try FileTree.copy(source, to: folder)
        // The packages are those of the environment of the tests.
        unlink("\(folder)/requirements.txt")
        _ = try PluginInstaller(PluginFolder(settings(temporary).folder)).install(.folder(folder)) { _ in true }
        return InstalledPlugins(taken: [], servers: servers, runtime: PluginRuntime())
    }

    private static func settings(_ temporary: TemporaryFolder) -> PluginSettings {
        PluginSettings(
            folder: "\(temporary.path)/plugins", baseDirectory: temporary.path, state: "\(temporary.path)/state")
    }

    private static func model(
        _ temporary: TemporaryFolder, _ changes: [String: ConfigurationValue]
    ) throws -> any Model {
        let type = try #require(try install(temporary).plugins(settings(temporary)).first)
        guard case .model(let make) = type.maker else { throw PluginFault(.manifest, "no model") }
        var values: [String: ConfigurationValue] = [:]
        for option in type.descriptor.schema.options { values[option.name] = option.defaultValue }
        values["torch"] = packages.map { .text($0) }
        let libraries = packages.map {
            Repository.names(in: "\($0.dropFirst(Repository.root.count + 1))/onnxruntime/capi")
        }
        if let packages, let library = libraries?.first(where: { $0.hasPrefix("libonnxruntime.so") }) {
            values["library"] = .text("\(packages)/onnxruntime/capi/\(library)")
        }
        return try make(
            Configuration(instance: "model/net", values: values.merging(changes) { $1 }),
            PluginContext(
                baseDirectory: temporary.path, stateDirectory: "\(temporary.path)/state", instruments: Names()))
    }

    private struct Names: InstrumentDirectory {
        func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "A", venue: "US") }
        func id(of instrument: Instrument) -> InstrumentID? { nil }
    }

    private static let steps = 12

    /// Windows over one matrix of daily bars of AAPL: range, change, volume against the day before; the label is the next change.
    private static func windows() throws -> TrainingSet {
        let bars = try RealBars.load()
        var values: [Double] = []
        for (last, bar) in zip(bars, bars.dropFirst()) {
            values += [(bar.high - bar.low) / bar.close, bar.close / last.close - 1, bar.volume / last.volume]
        }
        let rows = values.count / 3
        let starts = Array(0..<rows - steps - 1)
        return TrainingSet(
            features: ["range", "change", "volume_change"], time: steps, values: values, starts: starts,
            labels: starts.map { values[($0 + steps) * 3 + 1] }, times: starts.map { bars[$0 + steps].time },
            instruments: starts.map { _ in InstrumentID(rawValue: 0) })
    }

    private static func predicted(_ predictor: any Predictor, _ set: TrainingSet, _ rows: Range<Int>) throws -> [Double]
    {
        let input = rows.flatMap { set.window($0) }
        var output = [Double](repeating: .nan, count: rows.count)
        var span = output.mutableSpan
        try predictor.predict(
            input.span, shape: TensorShape(batch: rows.count, time: steps, features: 3), into: &span)
        return output
    }

    @Test(.enabled(if: packages != nil, missing), arguments: ["mlp", "lstm", "cnn_lstm", "transformer"])
    func aProcessFitsAndTheHostServes(family: String) async throws {
        let temporary = try TemporaryFolder()
        let set = try Self.windows()
        let model = try Self.model(
            temporary, ["family": .text(family), "epochs": .integer(2), "hidden": .integer(8), "patience": .integer(1)])
        try await model.probe()
        let told = Mutex<[Double]>([])
        let artifact = try await model.fit(
            set, context: FitContext(seed: 3) { share throws(PluginError) in told.withLock { $0.append(share) } })
        #expect(told.withLock { $0.last == 1 && $0 == $0.sorted() })
        await model.stop()
        // The process is gone: what predicts is in this one.
        let predictor = try model.load(artifact, features: set.features)
        let values = try Self.predicted(predictor, set, 0..<200)
        #expect(Set(values).count > 100)
        for row in [0, 7, 199] { #expect(try Self.predicted(predictor, set, row..<row + 1) == [values[row]]) }
        #expect(throws: PluginError.self) { try model.load(artifact, features: set.features.reversed()) }
    }

    @Test(.enabled(if: packages != nil, missing)) func theSameSeedGivesTheSameBytesAndACancelledFitEnds() async throws {
        let temporary = try TemporaryFolder()
        let set = try Self.windows()
        let model = try Self.model(temporary, ["epochs": .integer(2), "hidden": .integer(8)])
        let first = try await model.fit(set, context: FitContext(seed: 3))
        #expect(try await model.fit(set, context: FitContext(seed: 3)) == first)
        let fault = await #expect(throws: PluginError.self) {
            try await model.fit(
                set,
                context: FitContext(seed: 4) { share throws(PluginError) in
                    if share > 0.3 { throw PluginError(.cancelled, "the fit is to end.") }
                })
        }
        #expect(fault?.code == .cancelled)
        await model.stop()
    }

    @Test(.enabled(if: packages != nil, missing)) func itsOwnTestsPass() throws {
        let packages = try #require(Self.packages)
        let output = try ChildCommand(
            program: "/usr/bin/env",
            arguments: [
                "PYTHONPATH=\(packages):\(Repository.root)/PluginKit/Python", "PYTHONDONTWRITEBYTECODE=1",
                "\(Repository.root)/.venv-torch/bin/python", "-m", "unittest", "discover", "-s", Self.source,
            ], seconds: 600
        ).run()
        #expect(output.contains("OK") && !output.contains("Ran 0 tests"), "\(output)")
    }

    @Test(.enabled(if: PythonPlugin.isPossible, "python3 is not there")) func withoutPyTorchTheFitSaysWhatToInstall()
        async throws
    {
        let temporary = try TemporaryFolder()
        guard (try? ChildCommand(program: "python3", arguments: ["-c", "import torch"]).run()) == nil else { return }
        let model = try Self.model(temporary, ["torch": .text("\(temporary.path)/nowhere")])
        let fault = await #expect(throws: PluginError.self) {
            try await model.fit(try Self.windows(), context: FitContext(seed: 1))
        }
        #expect(fault?.code == .environment && fault?.message.contains("penstock plugins install") == true)
        await model.stop()
    }

    @Test func whatServesHasToBeAModelOfTheHost() throws {
        let temporary = try TemporaryFolder()
        let finder = try Self.install(temporary, servers: [])
        #expect(finder.plugins(Self.settings(temporary)).isEmpty)
        #expect(finder.faults.first?.message.contains("'served_by' is 'onnx'; allowed is a model of the host") == true)
        let indicator = """
            id: indicator/x
            version: 1.0.0
            summary: An indicator.
            tier: process
            command: [python3, x.py]
            served_by: onnx
            outputs: { value: { summary: It. } }
            """
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.parse(Array(indicator.utf8)) }
        #expect(fault?.message.contains("only a model is served by another") == true)
    }

    @Test func itsFileSaysWhatItIs() throws {
        let temporary = try TemporaryFolder()
        let folder = "\(temporary.path)/plugin"
        try FileTree.copy(Self.source, to: folder)
        let outcome = try PluginDescriber(runtime: PluginRuntime(), state: "\(temporary.path)/state").describe(folder)
        #expect(!outcome.isChanged, "run `penstock plugins describe \(Self.source)`")
    }
}
