import FoundationEssentials
import PluginKit
import TestSupport
import Testing

@testable import HostPlugins

@Suite(.enabled(if: Builds.isPossible, "needs the Swift compiler and examples/"), .serialized)
struct DynamicLoaderTests {
    private let folder: TemporaryFolder
    private let loader: DynamicLoader

    init() throws {
        folder = try TemporaryFolder()
        loader = DynamicLoader(stateFolder: "\(folder.path)/state")
    }

    private func install(_ build: Result<String, any Error>, as name: String = "libTokyoProvider.so") throws -> String {
        try folder.write(try bytes(build), to: name, mode: 0o755)
    }

    private func bytes(_ build: Result<String, any Error>) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: try build.get())))
    }

    private struct Names: InstrumentDirectory {
        func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "IBM", venue: "T") }
        func id(of instrument: Instrument) -> InstrumentID? { nil }
    }

    private func bars(of plugin: PluginType) async throws -> (events: [Bar], defects: [Defect]) {
        guard case .provider(let make) = plugin.maker else { return ([], []) }
        let context = PluginContext(baseDirectory: Builds.root, stateDirectory: folder.path, instruments: Names())
        let configuration = Configuration(instance: "provider/x", values: ["path": .text("data/history")])
        let provider = try make(configuration, context)
        let reference = InstrumentReference(
            id: InstrumentID(rawValue: 4), instrument: Instrument(code: "IBM", venue: "T"))
        let reply = try await provider.fetch(FetchRequest(.bar, of: [reference]))
        return (try reply.events(Bar.self), reply.defects)
    }

    @Test func aLibraryNobodyCompiledInGivesBars() async throws {
        let plugins = try loader.load(try install(Builds.tokyo))
        let plugin = try #require(plugins.first)
        #expect(plugin.descriptor.id == "provider/tokyo")
        #expect(plugin.tier == .dynamic)
        let reply = try await bars(of: plugin)
        #expect(reply.events.count == 3_270)
        #expect(reply.defects.isEmpty)
        #expect(reply.events.first?.open == 102.0)
    }

    @Test func aTypedErrorCrossesTheBorder() async throws {
        let plugin = try #require(try loader.load(try install(Builds.tokyo)).first)
        guard case .provider(let make) = plugin.maker else { return }
        let context = PluginContext(baseDirectory: folder.path, stateDirectory: folder.path, instruments: Names())
        let provider = try make(Configuration(instance: "provider/x", values: ["path": .text("none")]), context)
        let reference = InstrumentReference(
            id: InstrumentID(rawValue: 0), instrument: Instrument(code: "A", venue: "T"))
        let request = FetchRequest(.bar, of: [reference])
        let error = await #expect(throws: PluginError.self) { try await provider.fetch(request) }
        #expect(error?.code == .notFound)
    }

    @Test func theSameContentIsOpenedOnce() throws {
        let path = try install(Builds.tokyo)
        _ = try loader.load(path)
        _ = try loader.load(path)
        #expect(loader.count == 1)
        #expect(try folder.names("state/run") == ["libTokyoProvider.1.so"])
    }

    @Test func anotherABIIsRefusedByHostAndSystem() throws {
        let path = try install(Builds.otherABI)
        let fault = #expect(throws: PluginFault.self) { try loader.load(path) }
        #expect(fault?.code == .wrongABI)
        #expect(fault?.message.contains("built for PluginKit ABI '999'; this host has '\(PluginGates.abi)'") == true)
        try expectSystemRefuses(path, naming: "pluginkit_abi_999")
    }

    @Test func anotherCompilerIsRefusedByHostAndSystem() throws {
        let path = try install(Builds.otherCompiler)
        let fault = #expect(throws: PluginFault.self) { try loader.load(path) }
        #expect(fault?.code == .wrongCompiler)
        #expect(fault?.message.contains("built with Swift '5.") == true)
        try expectSystemRefuses(path, naming: "pluginkit_swift_5_")
    }

    private func expectSystemRefuses(_ path: String, naming symbol: String) throws {
        let failure = #expect(throws: SharedLibrary.Failure.self) {
            try SharedLibrary.open(path, entry: "penstock_plugin_TokyoProvider")
        }
        #expect(failure?.reason.contains("undefined symbol: \(symbol)") == true)
    }

    @Test func aCopyOfTheKitIsSeenBeforeAndAfterOpening() throws {
        let path = try install(Builds.ownKit)
        let fault = #expect(throws: PluginFault.self) { try loader.load(path) }
        #expect(fault?.code == .duplicatedKit)
        #expect(fault?.message.contains("the kit is duplicated in this plugin") == true)
        let module = try SharedLibrary.open(path, entry: "penstock_plugin_TokyoProvider")
        #expect(module == nil)
    }

    @Test func aLibraryWithoutItsEntryIsRefused() throws {
        let path = try install(Builds.tokyo, as: "libOsaka.so")
        let fault = #expect(throws: PluginFault.self) { try loader.load(path) }
        #expect(fault?.code == .noEntry)
        #expect(fault?.message.contains("no entry 'penstock_plugin_Osaka'") == true)
        #expect(fault?.message.contains("it has 'penstock_plugin_TokyoProvider'") == true)
    }

    @Test func aTextFileIsRefused() throws {
        let path = try folder.write("not a library", to: "libTokyoProvider.so")
        #expect(throws: PluginFault.self) { try loader.load(path) }
        #expect(code { try loader.load(path) } == .notALibrary)
    }

    @Test(arguments: [(18, UInt8(183)), (4, 1), (5, 2)]) func anotherArchitectureIsRefused(
        place: Int, value: UInt8
    ) throws {
        var bytes = try bytes(Builds.tokyo)
        bytes[place] = value
        let path = try folder.write(bytes, to: "libTokyoProvider.so")
        #if arch(x86_64)
        #expect(code { try loader.load(path) } == .wrongArchitecture)
        #endif
    }

    @Test(arguments: [0o775, 0o757, 0o777]) func aFileThatOthersCanChangeIsRefused(mode: Int) throws {
        let path = try folder.write(try bytes(Builds.tokyo), to: "libTokyoProvider.so", mode: mode)
        #expect(code { try loader.load(path) } == .writableByOthers)
    }

    @Test func aContentThatWasNotLockedIsRefused() throws {
        let path = try install(Builds.tokyo)
        #expect(code { try loader.load(path, expecting: ContentDigest(of: [1])) } == .notLocked)
        #expect(try loader.load(path, expecting: ContentDigest(of: try bytes(Builds.tokyo))).count == 1)
    }

    @Test func cutOrChangedLibrariesAreRefusedOrReadWithoutACrash() throws {
        let bytes = try bytes(Builds.tokyo)
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            #expect(throws: PluginFault.self) { _ = try ELFImage(Array(bytes[..<length]), name: "x") }
        }
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<60 {
            var changed = bytes
            for _ in 0..<8 {
                changed[Int.random(in: 4..<64, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? ELFImage(changed, name: "x")
        }
    }

    @Test func overwritingTheInstalledFileHarmsNothing() async throws {
        let path = try install(Builds.tokyo)
        let plugin = try #require(try loader.load(path).first)
        let handle = try #require(OpenFile(path))
        handle.overwrite(with: 0, count: 1 << 16)
        #expect(try await bars(of: plugin).events.count == 3_270)
        #expect(throws: PluginFault.self) { try loader.load(path) }
    }

    @Test func fortyGenerationsStayUsable() async throws {
        let original = try bytes(Builds.tokyo)
        var generations: [PluginType] = []
        for generation in 0..<40 {
            // Bytes behind the end of an ELF file change its digest and nothing else.
            let path = try folder.write(original + [UInt8(generation)], to: "libTokyoProvider.so", mode: 0o755)
            generations += try loader.load(path)
        }
        #expect(loader.count == 40)
        for plugin in [generations[0], generations[39]] { #expect(try await bars(of: plugin).events.count == 3_270) }
    }

    private func code(_ body: () throws -> [PluginType]) -> PluginFault.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? PluginFault)?.code
        }
    }
}
