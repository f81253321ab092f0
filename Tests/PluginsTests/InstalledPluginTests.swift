import FoundationEssentials
import HostManifest
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import HostPlugins

/// What is installed is known without running it, and is opened when an instance asks.
@Suite(.enabled(if: PythonPlugin.isPossible, "python3 is not there")) struct InstalledPluginTests {
    private let temporary: TemporaryFolder
    private let settings: PluginSettings

    init() throws {
        temporary = try TemporaryFolder()
        settings = PluginSettings(
            folder: "\(temporary.path)/plugins", baseDirectory: temporary.path, state: "\(temporary.path)/state")
    }

    private func install(_ plugin: PythonPlugin) throws {
        try plugin.write(to: temporary, folder: "source")
        _ = try PluginInstaller(PluginFolder(settings.folder)).install(.folder("\(temporary.path)/source")) { _ in true
        }
    }

    private func found() throws -> PluginType {
        try #require(InstalledPlugins(taken: [], runtime: PluginRuntime()).plugins(settings).first)
    }

    @Test func lookingRunsNothing() throws {
        try install(PythonPlugin(code: "open('ran', 'w')\n"))
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime(), runsCode: false)
        let type = try #require(finder.plugins(settings).first)
        #expect(type.descriptor.schema["period"]?.type == .integer(1...9))
        #expect(type.tier == .process)
        #expect(type.validate(Configuration(instance: "indicator/x", values: ["period": .integer(3)])).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(temporary.path)/state"))
        #expect(finder.details("indicator/counter")?.granted == PluginPermissions())
    }

    @Test func thePluginsOwnFaultsAreFound() throws {
        try install(PythonPlugin())
        let faults = try found().validate(Configuration(instance: "indicator/x", values: ["period": .integer(7)]))
        #expect(faults == [ConfigurationFault(option: "period", "is 7, which brings bad luck.")])
    }

    @Test(arguments: [
        ("\"maximum\": 9", "\"maximum\": 8", "the option 'period' is integer (1...9 bars), default 3 there"),
        ("\"name\": \"period\"", "\"name\": \"span\"", "the option 'span' is missing there"),
        ("\"name\": \"value\"", "\"name\": \"count\"", "the outputs are value () there, and count () in the plugin"),
        ("\"name\": \"counter\"", "\"name\": \"other\"", "and says 'indicator/other'"),
    ])
    func aPluginThatIsAnotherThanItsFileSaysIsRefused(what: String, by: String, reason: String) throws {
        try install(PythonPlugin(code: PythonPlugin.code.replacing(what, with: by)))
        let faults = try found().validate(Configuration(instance: "indicator/x", values: ["period": .integer(3)]))
        #expect(faults.first?.option == "plugin")
        let message = faults.first?.message ?? ""
        #expect(message.contains(reason) && message.contains("penstock plugins describe"), "\(message)")
    }

    /// What ended once may answer the next time, and its columns are those of its file until then.
    @Test func aProgramThatEndsBeforeItAnswersIsAFaultThatMayPass() throws {
        try install(PythonPlugin(code: "raise SystemExit(9)\n"))
        let type = try found()
        let options = Configuration(instance: "indicator/x", values: ["period": .integer(3)])
        guard case .indicator(let make) = type.maker else { throw PluginError(.unsupported, "no indicator") }
        let fault = #expect(throws: PluginError.self) { try make(options) }
        #expect(fault?.code == .transient && fault?.message.contains("exited with status 9") == true)
        #expect(type.outputs(options).map(\.name) == ["value"])
    }

    @Test func askingForColumnsOpensNothing() throws {
        try install(PythonPlugin())
        let opened = Atomic<Int>(0)
        let opener = PluginOpener(try found().descriptor, tier: .process, content: "", place: "plugin.yaml") {
            () throws(PluginFault) in
            opened.add(1, ordering: .relaxed)
            throw PluginFault(.noAnswer, "it hangs")
        }
        let type = opener.type(runsCode: true)
        #expect(type.outputs(Configuration(instance: "indicator/x", values: [:])).map(\.name) == ["value"])
        #expect(opened.load(ordering: .relaxed) == 0)
        #expect(throws: PluginError.self) { try opener.get() }
        #expect(opened.load(ordering: .relaxed) == 1)
    }

    @Test func aChangedPluginIsRefusedBeforeItRuns() throws {
        try install(PythonPlugin())
        let type = try found()
        try temporary.write("raise SystemExit(9)\n", to: "plugins/indicator-counter/plugin.py")
        let faults = type.validate(Configuration(instance: "indicator/x", values: ["period": .integer(3)]))
        #expect(faults.first?.message.contains("its content changed since it was accepted") == true)
    }

    @Test func descriptionsAreWrittenAndTheRestStays() throws {
        let short = "# Mine.\nid: indicator/counter\ntier: process\n# How it runs.\ncommand: [python3, plugin.py]\n"
        try PythonPlugin(manifest: short).write(to: temporary, folder: "source")
        let describer = PluginDescriber(runtime: PluginRuntime(), state: "\(temporary.path)/state")
        let outcome = try describer.describe("\(temporary.path)/source")
        #expect(outcome.isChanged)
        let text = try String(contentsOfFile: "\(temporary.path)/source/plugin.yaml", encoding: .utf8)
        #expect(text.hasPrefix("# Mine.\nid: indicator/counter\nversion: 1.0.0\nsummary: Counts bars.\n"))
        #expect(text.contains("tier: process\n# How it runs.\ncommand: [python3, plugin.py]\noptions:\n"))
        #expect(text.contains("    minimum: 1\n    maximum: 9\n    default: 3\n    unit: bars\n"))
        #expect(try !describer.describe("\(temporary.path)/source").isChanged)
        try install(PythonPlugin(manifest: text))
        #expect(try found().validate(Configuration(instance: "indicator/x", values: ["period": .integer(3)])).isEmpty)
    }

    @Test func whatAnIndicatorReadsAndItsColumnsForTheOptionsReachTheHost() throws {
        var plugin = PythonPlugin()
        plugin.code = plugin.code.replacing(
            #""summary": "The count."}],"#, with: #""summary": "The count.", "role": "variance"}], "reads": "trade","#)
        plugin.code = plugin.code.replacing(
            "    @classmethod\n    def validate",
            with: """
                    @classmethod
                    def outputs(cls, options):
                        return [{"name": f"c{i}", "unit": "", "summary": "A count."} for i in range(options["period"])]

                    @classmethod
                    def validate
                """)
        plugin.manifest = "id: indicator/counter\ntier: process\ncommand: [python3, plugin.py]\n"
        try plugin.write(to: temporary, folder: "source")
        let describer = PluginDescriber(runtime: PluginRuntime(), state: "\(temporary.path)/state")
        _ = try describer.describe("\(temporary.path)/source")
        plugin.manifest = try String(contentsOfFile: "\(temporary.path)/source/plugin.yaml", encoding: .utf8)
        #expect(plugin.manifest.contains("reads: trade\n") && plugin.manifest.contains("{ role: variance, summary: "))
        try install(plugin)
        let type = try found()
        let options = Configuration(instance: "indicator/x", values: ["period": .integer(4)])
        #expect(type.descriptor.reads == .trade && type.validate(options).isEmpty)
        #expect(type.outputs(options).map(\.name) == ["c0", "c1", "c2", "c3"])
    }

    @Test func anOptionThatTheHostReadsItselfIsRefused() throws {
        try install(PythonPlugin(manifest: PythonPlugin.manifest.replacing("period:", with: "enabled:")))
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime())
        #expect(finder.plugins(settings).isEmpty)
        #expect(finder.faults.first?.message.contains("'enabled' is a key of the host") == true)
    }

    @Test func aGrantReplacesWhatWasAsked() throws {
        let asking = PythonPlugin.manifest + "permissions: { network: [example.com], environment: [HOME] }\n"
        try install(PythonPlugin(manifest: asking))
        var settings = settings
        settings.grants["indicator/counter"] = PluginPermissions()
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime())
        _ = finder.plugins(settings)
        #expect(finder.details("indicator/counter")?.asked.network == ["example.com"])
        #expect(finder.details("indicator/counter")?.granted == PluginPermissions())
    }
}

/// A small indicator in Python, and the file that describes it.
struct PythonPlugin {
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    static let manifest = """
        id: indicator/counter
        version: 1.0.0
        summary: Counts bars.
        tier: process
        command: [python3, plugin.py]
        options:
          period: { type: integer, minimum: 1, maximum: 9, default: 3, unit: bars, summary: Every so many. }
        outputs:
          value: { summary: The count. }

        """

    static let code = """
        from penstock_plugin import Indicator, run

        class Counter(Indicator):
            descriptor = {
                "kind": "indicator", "name": "counter", "version": "1.0.0", "summary": "Counts bars.",
                "options": [{"name": "period", "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "unit": "bars",
                             "summary": "Every so many."}],
                "outputs": [{"name": "value", "unit": "", "summary": "The count."}],
            }

            @classmethod
            def validate(cls, options):
                return [("period", "is 7, which brings bad luck.")] if options["period"] == 7 else []

            def fresh(self):
                return {"count": 0}

            def update(self, state, bar):
                state["count"] += 1
                return [float(state["count"])]

        run(Counter)

        """

    var manifest = Self.manifest
    var code = Self.code

    func write(to temporary: TemporaryFolder, folder: String) throws {
        try temporary.write(manifest, to: "\(folder)/plugin.yaml")
        try temporary.write(code, to: "\(folder)/plugin.py")
    }
}
