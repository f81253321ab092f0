import FoundationEssentials
import Glibc
import HostManifest
import PluginKit
import TestSupport
import Testing

@testable import HostPlugins

/// The reference plugins in Python: their files say what they are, and they do it.
@Suite(.serialized, .enabled(if: PythonPlugin.isPossible, "python3 is not there")) struct ExamplePluginTests {
    private static let examples = "\(Builds.root)/examples"

    @Test(arguments: ["python-provider", "python-indicator", "sklearn-model", "python-online-model", "python-sink"])
    func itsFileSaysWhatItIs(name: String) throws {
        let temporary = try TemporaryFolder()
        let folder = "\(temporary.path)/plugin"
        try FileTree.copy("\(Self.examples)/\(name)", to: folder)
        let outcome = try PluginDescriber(runtime: PluginRuntime(), state: "\(temporary.path)/state").describe(folder)
        #expect(!outcome.isChanged, "run `penstock plugins describe examples/\(name)`")
        #expect(PluginFolder.readme(folder)?.contains(outcome.descriptor.id) == true)
    }

    @Test func theProvidersMappingPassesItsOwnTests() throws {
        let folder = "\(Self.examples)/python-provider"
        let output = try ChildCommand(
            program: "/usr/bin/python3", arguments: ["-B", "-m", "unittest", "discover", "-s", folder]
        ).run()
        #expect(output.contains("OK") && !output.contains("Ran 0 tests"), "\(output)")
    }

    @Test func theProviderWithoutItsPackagesSaysHowToGetThem() async throws {
        let temporary = try TemporaryFolder()
        let folder = "\(temporary.path)/source"
        try FileTree.copy("\(Self.examples)/python-provider", to: folder)
        unlink("\(folder)/requirements.txt")
        let type = try Self.install(folder, temporary)
        guard case .provider(let make) = type.maker else { throw PluginFault(.manifest, "no provider") }
        let options: [String: ConfigurationValue] = [
            "adjust": .text("none"), "follow": .boolean(false), "every": .duration(.seconds(3_600)),
        ]
        let provider = try make(Configuration(instance: "provider/x", values: options), Self.context(temporary))
        let instrument = try Instrument(parsing: "AAPL.US")
        let request = FetchRequest(
            .bar, of: [InstrumentReference(id: InstrumentID(rawValue: 0), instrument: instrument)])
        let error = await #expect(throws: PluginError.self) { try await provider.fetch(request) }
        #expect(error?.code == .environment && error?.message.contains("'yfinance' cannot be imported") == true)
        await provider.stop()
    }

    @Test(.enabled(if: Sklearn.isInstalled, "pip cannot install scikit-learn here: no network, or no venv"))
    func scikitLearnFitsAndPredicts() async throws {
        let (temporary, type) = try Sklearn.installed.get()
        // What is static lives until the process ends, and the packages are large.
        defer { FileTree.remove(temporary.path) }
        let options = ["alpha": ConfigurationValue.number(1e-9)]
        guard case .model(let make) = type.maker else { throw PluginFault(.manifest, "no model") }
        let model = try make(Configuration(instance: "model/x", values: options), Self.context(temporary))
        try await model.probe()
        let rows = (0..<200).map { [Double($0 % 17) - 8, Double($0 % 23) - 11] }
        let labels = rows.map { 0.5 * $0[0] - 0.25 * $0[1] + 3 }
        let places = (0..<200).map { (Int64($0) * 86_400_000_000_000, InstrumentID(rawValue: 0)) }
        let set = TrainingSet(
            features: ["a", "b"], time: 1, values: rows.flatMap { $0 }, labels: labels, times: places.map(\.0),
            instruments: places.map(\.1))
        let artifact = try await model.fit(set, context: FitContext(seed: 1, threads: 1))
        let predictor = try model.load(artifact, features: ["a", "b"])
        var output = [0.0, 0.0]
        let input = [1.0, 2.0, -8.0, 4.0]
        var span = output.mutableSpan
        try predictor.predict(input.span, shape: TensorShape(batch: 2, time: 1, features: 2), into: &span)
        #expect(abs(output[0] - 3) < 1e-6 && abs(output[1] - -2) < 1e-6, "\(output)")
        #expect(throws: PluginError.self) { try model.load(artifact, features: ["b", "a"]) }
        await model.stop()
    }

    fileprivate static func install(_ folder: String, _ temporary: TemporaryFolder) throws -> PluginType {
        let settings = PluginSettings(
            folder: "\(temporary.path)/plugins", baseDirectory: temporary.path, state: "\(temporary.path)/state")
        _ = try PluginInstaller(PluginFolder(settings.folder)).install(.folder(folder)) { _ in true }
        guard let type = InstalledPlugins(taken: [], runtime: PluginRuntime()).plugins(settings).first else {
            throw PluginFault(.manifest, "\(folder): it was not found after it was installed.")
        }
        return type
    }

    private static func context(_ temporary: TemporaryFolder) -> PluginContext {
        PluginContext(baseDirectory: temporary.path, stateDirectory: "\(temporary.path)/state", instruments: Names())
    }

    private struct Names: InstrumentDirectory {
        func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "AAPL", venue: "US") }
        func id(of instrument: Instrument) -> InstrumentID? { nil }
    }

    /// `examples/sklearn-model`, installed once with its packages.
    private enum Sklearn {
        static let installed = Result {
            let temporary = try TemporaryFolder()
            return (temporary, try install("\(examples)/sklearn-model", temporary))
        }

        static var isInstalled: Bool { (try? installed.get()) != nil }
    }
}
