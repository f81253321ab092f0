import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// `examples/c-provider`: one C file that speaks the protocol by hand.
@Suite(.serialized, .enabled(if: CCompiler.path != nil, "there is no C compiler"))
struct CProviderTests {
    private static let example = "\(Repository.root)/examples/c-provider"

    @Test func keepsTheContractOfAProvider() async throws {
        let folders = try TemporaryFolders()
        let type = try plugin(folders).describe()
        #expect(type.descriptor.id == "provider/c_history")
        let report = await Conformance(type, sample: try sample(folders)).report()
        #expect(report.findings == [])
        #expect(report.level >= .silver, "\(report.text)")
    }

    @Test func givesTheRowsOfTheFile() async throws {
        let folders = try TemporaryFolders()
        guard case .provider(let make) = try plugin(folders).describe().maker else {
            throw PluginError(.unsupported, "test: no provider.")
        }
        let values: [String: ConfigurationValue] = ["path": .text("\(Self.example)/data"), "batch": .integer(100)]
        let provider = try make(
            Configuration(instance: "provider/c", values: values),
            PluginContext(baseDirectory: folders.root, stateDirectory: folders.root, instruments: NoNames()))
        let reference = InstrumentReference(
            id: InstrumentID(rawValue: 5), instrument: Instrument(code: "IBM", venue: "US"))
        let bars = try await provider.fetch(FetchRequest(.bar, of: [reference])).events(Bar.self)
        let lines = try String(contentsOfFile: "\(Self.example)/data/IBM.csv", encoding: .utf8).split(separator: "\n")
        #expect(bars.count == lines.count - 1)
        for (bar, line) in zip(bars, lines.dropFirst()) {
            let numbers = line.split(separator: ",").compactMap { Double($0) }
            #expect([Double(bar.time / 1_000_000_000), bar.open, bar.high, bar.low, bar.close, bar.volume] == numbers)
            #expect(bar.amount.isNaN && bar.instrument == reference.id)
        }
        await provider.stop()
    }

    private func plugin(_ folders: TemporaryFolders) throws -> ProcessPlugin {
        let program = "\(try folders.make())/provider"
        try CCompiler.compile("\(Self.example)/provider.c", to: program)
        var plugin = ProcessPlugin(
            command: ProcessCommand(
                arguments: [program], directory: folders.root, stateDirectory: folders.root,
                readable: [Self.example, folders.root]))
        plugin.restart.firstDelay = .zero
        return plugin
    }

    private func sample(_ folders: TemporaryFolders) throws -> ConformanceSample {
        var sample = try Samples.sample(in: folders)
        sample.values = ["path": .text("\(Self.example)/data"), "batch": .integer(50)]
        sample.unavailable = ["path": .text("\(folders.root)/missing")]
        sample.instruments = [Instrument(code: "FB", venue: "US"), Instrument(code: "IBM", venue: "US")]
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "US")
        // 2012-05-18, 16:00 in New York.
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_337_371_200_000_000_000, open: 42.05, high: 45, low: 38, close: 38.2318, volume: 573_576_400,
                instrument: InstrumentID(rawValue: 0))
        ])
        for (name, text) in [
            ("cut in a row", "1,2,3,1,2,9\n2,1,2"), ("letters", "1,2,x,1,2,9\n"), ("zeros", "\0\0\0\n"),
        ] {
            let folder = try folders.make()
            for code in ["FB", "IBM"] { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(code).csv")) }
            sample.damaged.append(.init(name, values: ["path": .text(folder)]))
        }
        return sample
    }
}

/// The system's C compiler.
private enum CCompiler {
    static let path: String? = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first { (name: String) in
        access(name, X_OK) == 0
    }

    static func compile(_ source: String, to program: String) throws {
        let words = [path ?? "cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var process: pid_t = 0
        var status: Int32 = 0
        guard posix_spawn(&process, words[0], nil, nil, arguments, environ) == 0,
            waitpid(process, &status, 0) == process, status == 0
        else { throw PluginError(.environment, "test: the compiler refused \(source).") }
    }
}

private struct NoNames: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "IBM", venue: "US") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}
