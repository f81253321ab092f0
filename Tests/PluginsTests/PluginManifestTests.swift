import FoundationEssentials
import Glibc
import HostManifest
import HostPlugins
import PluginKit
import TestSupport
import Testing

struct PluginManifestTests {
    private static let sound = """
        id: provider/tokyo
        version: 1.2.0
        summary: Bars of Tokyo.
        tier: process
        command: [python3, tokyo.py]
        options:
          path: { type: path, required: true, summary: Folder of the files. }
          days: { type: integer, minimum: 1, maximum: 9, default: 3, unit: days, summary: How far back. }
        provider: { fetches: [bar], needs_network: false }
        permissions:
          network: ["api.example.com:443"]
          files: ["read {path}"]
          environment: [TOKYO_KEY]
          memory: 512
          cpu: 1h
        """

    @Test func aManifestSaysWhatThePluginIsAndMayReach() throws {
        let manifest = try PluginManifest.parse(Array(Self.sound.utf8))
        #expect(manifest.id.description == "provider/tokyo")
        #expect(manifest.tier == .process)
        #expect(manifest.program == .command(["python3", "tokyo.py"]))
        #expect(manifest.descriptor.schema.options.map(\.name) == ["path", "days"])
        #expect(manifest.descriptor.schema["days"]?.type == .integer(1...9))
        #expect(manifest.descriptor.schema["days"]?.defaultValue == .integer(3))
        #expect(manifest.descriptor.schema["path"]?.isRequired == true)
        #expect(manifest.descriptor.provider?.fetches == [.bar])
        #expect(manifest.permissions.files.map(\.description) == ["read {path}"])
        #expect(manifest.permissions.files.first?.option == "path")
        #expect(manifest.permissions.memory == 512)
        #expect(manifest.permissions.cpu == .seconds(3_600))
        #expect(manifest.permissions.network == ["api.example.com:443"])
        #expect(manifest.permissions.environment == ["TOKYO_KEY"])
    }

    private static let spread = """
        id: indicator/spread
        version: 1.0.0
        summary: Spread and its quartile.
        tier: process
        command: [python3, spread.py]
        reads: quote
        outputs:
          value: { summary: The spread. }
          low: { role: lower, probability: 0.25, summary: Its quartile. }
        """

    @Test func anIndicatorSaysWhatItReadsAndWhatItsColumnsAre() throws {
        let descriptor = try PluginManifest.parse(Array(Self.spread.utf8)).descriptor
        #expect(descriptor.reads == .quote)
        #expect(descriptor.outputs.map(\.role) == [.value, .lower(0.25)])
    }

    @Test(arguments: [
        ("reads: quote", "reads: quotes", "'reads' is"),
        ("role: lower, probability: 0.25", "role: lower", "with a 'probability' between 0 and 1"),
        ("probability: 0.25", "probability: 1.5", "with a 'probability' between 0 and 1"),
        ("role: lower", "role: lowest", "allowed value, variance"),
        ("id: indicator/spread", "id: model/spread", "a model has none"),
    ])
    func aWrongKindOrRoleIsRefused(what: String, by: String, reason: String) {
        let text = Self.spread.replacing(what, with: by)
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.parse(Array(text.utf8)) }
        #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "")")
    }

    @Test(arguments: [
        ("provider/tokyo", "\"provider/to\\u001Bkyo\"", "'id' is not readable"),
        ("provider/tokyo", "\"provider/to\\u202Ekyo\"", "'id' is not readable"),
        ("provider/tokyo", "provider/../tokyo", "allowed kind/name"),
        ("provider/tokyo", "broker/tokyo", "allowed kind/name"),
        ("[python3, tokyo.py]", "[../../bin/sh]", "without '..'"),
        ("[python3, tokyo.py]", "[python3, ../other/tokyo.py]", "without '..'"),
        ("[python3, tokyo.py]", "[/bin/sh]", "without '..'"),
        ("[python3, tokyo.py]", "[]", "missing or empty"),
        ("tier: process", "tier: kernel", "allowed dynamic and process"),
        ("tier: process", "tier: dynamic", "'library' is missing"),
        ("version: 1.2.0", "versoin: 1.2.0", "Did you mean"),
        ("api.example.com:443", "http://api.example.com/x", "is no host"),
        ("[TOKYO_KEY]", "[\"A B\"]", "is no variable"), ("read {path}", "peek {path}", "is no file rule"),
        ("read {path}", "read a/../../b", "is no file rule"),
        ("memory: 512", "memory: lots", "allowed 16...1048576 MiB"),
        ("default: 3", "default: 10", "allowed 1...9"), ("type: integer", "type: whole", "Known: boolean"),
        ("minimum: 1,", "minimum: 10,", "'minimum' is above 'maximum'"),
        ("days: {", "\"da\\u0007ys\": {", "is no name"),
        ("{ type: path, required: true, summary: Folder of the files. }", "Folder of the files.", "plugins describe"),
        ("provider: { fetches: [bar], needs_network: false }", "x-other: 1", "'provider' is missing"),
        ("fetches: [bar]", "fetches: [bars]", "Did you mean 'bar'?"),
        ("provider: {", "outputs: { value: { summary: V. } }\nprovider: {", "a provider has none"),
        ("Bars of Tokyo.", "&a x", "anchors and aliases are refused"), ("summary: Bars of Tokyo.", "x: *a", "alias"),
    ])
    func aHostileOrWrongManifestIsRefusedWithItsReason(what: String, by: String, reason: String) {
        let text = Self.sound.replacing(what, with: by)
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.parse(Array(text.utf8)) }
        #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "")")
        #expect(fault?.message.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E } == false)
    }

    @Test func aMisspeltKeyIsOneFault() {
        let text = Self.sound.replacing("tier: process", with: "tire: process")
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.parse(Array(text.utf8)) }
        #expect(fault?.message.split(separator: "\n").count == 1, "\(fault?.message ?? "")")
        #expect(fault?.message.contains("Did you mean 'tier'?") == true)
    }

    @Test func aHugeFileIsRefusedWithoutReadingIt() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.sound, to: "plugin.yaml")
        let handle = try #require(fopen(path, "r+"))
        #expect(ftruncate(fileno(handle), 100 << 20) == 0)
        fclose(handle)
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.read(folder: folder.path) }
        #expect(fault?.message.contains("104857600 bytes; allowed 65536") == true)
    }

    @Test func aNestedBombIsRefused() {
        let text = "id: " + String(repeating: "[", count: 50_000)
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.parse(Array(text.utf8)) }
        #expect(fault?.message.contains("nested more than 32 deep") == true)
    }

    @Test(arguments: ["plugin.yaml", "lib", "lib/libX.so"]) func aLinkOutOfTheFolderIsRefused(link: String) throws {
        let folder = try TemporaryFolder()
        let text = "id: sink/x\nversion: 1.0.0\nsummary: X.\ntier: dynamic\nlibrary: lib/libX.so\naccepts: [bars]\n"
        try folder.write(text, to: "outside/plugin.yaml")
        try folder.write("x", to: "outside/libX.so")
        try folder.write(text, to: "plugin/plugin.yaml")
        try folder.write("x", to: "plugin/lib/libX.so")
        let name = link.split(separator: "/").last.map(String.init) ?? link
        let target = link == "lib" ? "\(folder.path)/outside" : "\(folder.path)/outside/\(name)"
        try FileManager.default.removeItem(atPath: "\(folder.path)/plugin/\(link)")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/plugin/\(link)", withDestinationPath: target)
        let fault = #expect(throws: PluginFault.self) { try PluginManifest.read(folder: "\(folder.path)/plugin") }
        #expect(fault?.code == .unsafe || fault?.message.contains("is a link") == true, "\(fault?.message ?? "")")
    }

    @Test func randomCutsNeverCrashTheReader() {
        let bytes = Array(Self.sound.utf8)
        var generator = SeededGenerator(seed: 7)
        for length in 0...bytes.count { _ = try? PluginManifest.parse(Array(bytes[..<length])) }
        for _ in 0..<500 {
            var changed = bytes
            for _ in 0..<3 {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? PluginManifest.parse(changed)
        }
    }
}
