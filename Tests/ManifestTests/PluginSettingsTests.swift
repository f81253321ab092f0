import HostManifest
import PluginKit
import Synchronization
import Testing

/// `host.plugins`, and plugins that are found while the manifest is read.
struct PluginSettingsTests {
    /// Gives one indicator for every program, and remembers what it was asked.
    final class Finder: PluginFinder {
        let settings = Mutex<PluginSettings?>(nil)
        let programs = Mutex<[InlineProgram]>([])

        func plugins(_ settings: PluginSettings) -> [PluginType] {
            self.settings.withLock { $0 = settings }
            return [Self.type("found")]
        }

        func plugin(
            _ program: InlineProgram, kind: PluginKind, _ settings: PluginSettings
        ) throws(PluginError) -> PluginType {
            programs.withLock { $0.append(program) }
            guard program != .library("changed.so") else {
                throw PluginError(.configuration, "the library 'changed.so' changed since it was accepted.")
            }
            return Self.type("own")
        }

        static func type(_ name: String) -> PluginType {
            let schema = ConfigurationSchema([.integer("period", 1...9, default: 3, "Bars.")])
            let descriptor = PluginDescriptor(
                kind: .indicator, name: name, summary: "Found.", schema: schema,
                outputs: [OutputColumn("value", unit: "", "The value.")])
            let maker = PluginType.Maker.indicator { (_) throws(PluginError) in
                throw PluginError(.unsupported, "\(name): it is never made here.")
            }
            return PluginType(descriptor: descriptor, tier: .process, typeName: name, maker: maker) { _ in [] }
        }
    }

    private func load(_ lines: String, host: String = "", _ finder: Finder = Finder()) -> ManifestResult {
        let text = """
            version: 1
            host: { \(host) }
            instruments: { us: [AAPL] }
            providers: { files: { plugin: files, path: data } }
            routes: { daily: { from: [files] } }
            indicators:
            \(lines)
            pipelines: { main: { instruments: all, route: daily } }
            """
        return ManifestLoader(plugins: fakePlugins, finder: finder).load(text: text, baseDirectory: "/base")
    }

    @Test func theFolderAndGrantsOfTheManifestReachTheFinder() throws {
        let finder = Finder()
        let result = load(
            "  a: { plugin: found, period: 4 }",
            host:
                "state: s, plugins: { folder: mine, grants: { indicator/found: { files: ['read {path}'], memory: 64 } } }",
            finder)
        #expect(result.report == "")
        let settings = try #require(finder.settings.withLock { $0 })
        #expect(settings.folder == "/base/mine" && settings.state == "/base/s" && settings.baseDirectory == "/base")
        #expect(settings.grants["indicator/found"]?.memory == 64)
        #expect(settings.grants["indicator/found"]?.files.first?.option == "path")
        #expect(result.manifest?.host.plugins.grants["indicator/found"]?.network == [])
        #expect(result.plugins.last?.descriptor.name == "found")
    }

    @Test func aProgramOfAnInstanceIsReadByItsOwnSchema() throws {
        let finder = Finder()
        let result = load(
            "  a: { plugin: { command: [python3, own.py] }, period: 4 }\n  b: { plugin: { library: libOwn.so } }",
            finder)
        #expect(result.report == "")
        #expect(finder.programs.withLock { $0 } == [.command(["python3", "own.py"]), .library("libOwn.so")])
        let own = try #require(result.manifest?.indicators.first)
        #expect(own.instance.descriptor.name == "own" && own.featureNames == ["a"])
        #expect(try own.instance.configuration.integer("period") == 4)
    }

    @Test(arguments: [
        ("  a: { plugin: { library: changed.so } }", "7:16", "'changed.so' changed since it was accepted"),
        (
            "  a: { plugin: { library: x.so, command: [y] } }", "7:16",
            "names no program; allowed 'library' or 'command'"
        ),
        ("  a: { plugin: {} }", "7:16", "names no program"),
        ("  a: { plugin: { libary: x.so } }", "7:18", "the key 'plugin.libary' is unknown"),
        ("  a: { plugin: { command: [] } }", "7:27", "'plugin.command' has 0 values; allowed 1...64"),
        ("  a: { plugin: { library: own.so }, perod: 4 }", "7:37", "the key 'perod' is unknown"),
        ("  a: { plugin: { library: own.so }, period: 10 }", "7:45", "'period' is 10; allowed 1...9"),
    ])
    func faultsOfAProgramHaveTheirPlace(lines: String, place: String, words: String) {
        let faults = load(lines).faults
        #expect(faults.contains { "\($0.line):\($0.column)" == place && $0.message.contains(words) }, "\(faults)")
    }

    @Test(arguments: [
        ("tokyo: {}", "names no plugin; allowed kind/name"),
        ("sink/x: { files: [/etc] }", "'/etc', which is no file rule"),
        ("sink/x: { files: ['write ../x'] }", "which is no file rule"),
        ("sink/x: { network: ['http://x/y'] }", "which is no host"),
        ("sink/x: { environment: ['A=B'] }", "which is no variable"),
        ("sink/x: { memory: 1 }", "allowed 16...1048576 MiB"),
        ("sink/x: { disk: 1 }", "is unknown"),
    ])
    func aGrantThatCannotBeReadIsRefusedWithItsPlace(grant: String, words: String) {
        let faults = load("  a: { plugin: found }", host: "plugins: { grants: { \(grant) } }").faults
        #expect(faults.contains { $0.line == 2 && $0.message.contains(words) }, "\(faults)")
    }

    @Test func withoutAFinderAProgramIsRefused() {
        let result = ManifestLoader(plugins: fakePlugins).load(
            text: "version: 1\nindicators: { a: { plugin: { library: x.so } } }\n")
        #expect(result.faults.contains { $0.message.contains("cannot be opened here") })
    }
}
