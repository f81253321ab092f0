import FoundationEssentials
import Glibc
import HostManifest
import PluginKit
import TestSupport
import Testing

@testable import HostPlugins

/// Files that mean harm: refused with a message, little of them read, nothing of a plugin opened.
struct HostileFileTests {
    /// A file the host reads before anything runs.
    enum File: String, CaseIterable, Sendable {
        case plugin = "plugins/evil/plugin.yaml"
        case lock = "plugins/plugins.lock"
        case manifest = "plugins.yaml"
    }

    private let temporary: TemporaryFolder

    init() throws {
        temporary = try TemporaryFolder()
        try temporary.write(Self.manifest, to: "plugins.yaml")
        try PythonPlugin().write(to: temporary, folder: "plugins/counter")
        _ = try PluginInstaller(PluginFolder("\(temporary.path)/plugins")).lock()
    }

    private static let manifest = """
        version: 1
        instruments: { us: [AAPL] }
        indicators: { count: { plugin: counter, enabled: false } }
        pipelines: { main: { instruments: all, route: daily } }
        """

    /// Reads the manifest with everything it leads to; returns every message, and how much this thread read.
    private func load() throws -> (messages: String, bytesRead: Int) {
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime())
        let before = try Self.bytesRead()
        let result = ManifestLoader(plugins: [], finder: finder).load(
            path: "\(temporary.path)/plugins.yaml", environment: [:])
        let after = try Self.bytesRead()
        return ((result.faults.map(\.message) + finder.faults.map(\.message)).joined(separator: "\n"), after - before)
    }

    /// What the system counted for this thread alone.
    private static func bytesRead() throws -> Int {
        let text = try String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("rchar: ") })
        return try #require(Int(line.dropFirst(7)))
    }

    private static let countsReads = access("/proc/thread-self/io", R_OK) == 0

    private func checkNothingWasOpened() {
        // Opening a plugin writes the SDK or a copy of the library first.
        #expect(!FileManager.default.fileExists(atPath: "\(temporary.path)/var"))
    }

    private func extend(_ path: String, to size: Int) throws {
        let handle = try #require(fopen(path, "r+"))
        defer { fclose(handle) }
        #expect(ftruncate(fileno(handle), size) == 0)
    }

    @Test(.enabled(if: countsReads, "the system does not count reads"), arguments: File.allCases)
    func aFileOf100MegabytesIsRefusedUnread(file: File) throws {
        let path = try temporary.write(Self.manifest, to: file.rawValue)
        try extend(path, to: 100 << 20)
        let (messages, bytesRead) = try load()
        #expect(messages.contains("104857600 bytes; allowed"), "\(messages)")
        #expect(bytesRead < 64 << 10, "\(bytesRead)")
        checkNothingWasOpened()
    }

    @Test(.enabled(if: countsReads, "the system does not count reads"))
    func ofALongReadmeOnlyTheBeginningIsRead() throws {
        let path = try temporary.write("# Long\n", to: "plugins/counter/README.md")
        try extend(path, to: 100 << 20)
        let before = try Self.bytesRead()
        #expect(PluginFolder.readme("\(temporary.path)/plugins/counter")?.utf8.count == 65_536)
        #expect(try Self.bytesRead() - before < 100_000)
    }

    @Test(arguments: File.allCases) func anAliasBombIsRefused(file: File) throws {
        let bomb =
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + (1...30).map { "b\($0): &b\($0) [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n" }.joined()
        try temporary.write(bomb, to: file.rawValue)
        let (messages, _) = try load()
        #expect(messages.contains("anchors and aliases are refused"), "\(messages)")
        checkNothingWasOpened()
    }

    @Test(arguments: File.allCases) func deepNestingIsRefused(file: File) throws {
        try temporary.write("version: " + String(repeating: "[", count: 60_000), to: file.rawValue)
        let (messages, _) = try load()
        #expect(messages.contains("nested more than 32 deep"), "\(messages)")
        checkNothingWasOpened()
    }

    @Test(arguments: [
        (File.plugin, "id: \"indicator/e\\u001B[2Jvil\"\nversion: 1.0.0\n"),
        (File.plugin, "\"id\\u0007\": x\n"),
        (File.lock, "version: 1\nplugins: { \"indicator/e\\u001B]0;x\": { version: 1 } }\n"),
        (File.manifest, "version: 1\nindicators: { \"e\\u001B[2Jvil\": { plugin: \"c\\u202Eounter\" } }\n"),
        (
            File.manifest,
            "version: 1\nhost: { plugins: { grants: { \"provider/\\u001Bx\\n\": { network: [\"\\u0007\"] } } } }\n"
        ),
    ])
    func namesWithControlCharactersAreRefusedAndNeverShown(file: File, text: String) throws {
        try temporary.write(text, to: file.rawValue)
        let (messages, _) = try load()
        #expect(!messages.isEmpty)
        #expect(!messages.unicodeScalars.contains { [0x1B, 0x07, 0x202E].contains($0.value) }, "\(messages)")
        checkNothingWasOpened()
    }

    @Test(arguments: ["../../bin/sh", "/bin/sh", "lib/../../../bin/sh", ".git/hook", "a\\u0000b/x"])
    func aProgramOutsideThePluginIsRefused(path: String) throws {
        for program in ["tier: process\ncommand: [\"\(path)\"]", "tier: dynamic\nlibrary: \"\(path)\""] {
            let text = PythonPlugin.manifest.replacing("tier: process\ncommand: [python3, plugin.py]", with: program)
            try temporary.write(text.replacing("counter", with: "evil"), to: File.plugin.rawValue)
            let (messages, _) = try load()
            #expect(messages.contains("evil/plugin.yaml"), "\(messages)")
        }
        checkNothingWasOpened()
    }

    @Test func aLinkOrPipeInPlaceOfAFileIsRefusedWithoutWaiting() throws {
        try temporary.write(PythonPlugin.manifest, to: "outside/plugin.yaml")
        let plugins = "\(temporary.path)/plugins"
        try FileManager.default.createSymbolicLink(
            atPath: "\(plugins)/linked", withDestinationPath: "\(temporary.path)/outside")
        try FileManager.default.createDirectory(atPath: "\(plugins)/evil", withIntermediateDirectories: true)
        #expect(mkfifo("\(plugins)/evil/plugin.yaml", 0o600) == 0)
        let (messages, _) = try load()
        #expect(messages.contains("it is no regular file"), "\(messages)")
        let found = PluginFolder(plugins).discover()
        #expect(found.plugins.map(\.folder) == ["\(plugins)/counter"])
        try FileManager.default.removeItem(atPath: "\(plugins)/plugins.lock")
        #expect(mkfifo("\(plugins)/plugins.lock", 0o600) == 0)
        #expect(try load().messages.contains("plugins.lock: it cannot be read: it is no regular file"))
        checkNothingWasOpened()
    }

    @Test(arguments: [
        "library: ../outside/libX.so", "library: /dev/zero", "command: [sh, ../outside/x.sh]", "command: [sh, -c, x]",
    ])
    func aProgramInTheManifestIsNotOpenedBeforeItWasAccepted(program: String) throws {
        try temporary.write("exit 1\n", to: "outside/x.sh")
        try temporary.write(
            Self.manifest.replacing("plugin: counter, enabled: false", with: "plugin: { \(program) }"),
            to: "plugins.yaml")
        let (messages, _) = try load()
        #expect(messages.contains("was never accepted as an indicator"), "\(messages)")
        checkNothingWasOpened()
    }

    @Test(arguments: [
        (InlineProgram.library("/dev/zero"), "it is no regular file"),
        (.command(["sh", "-c", "x"]), "none of its words names a file"),
        (.library("open.so"), "others than its owner can change it"),
    ])
    func aProgramThatCannotBePinnedIsNotAccepted(program: InlineProgram, reason: String) throws {
        try temporary.write("x", to: "open.so", mode: 0o666)
        let fault = #expect(throws: PluginFault.self) {
            try PinnedProgram.digest(of: program, in: temporary.path)
        }
        #expect(fault?.message.contains(reason) == true, "\(fault?.message ?? "")")
    }

    @Test func modulesThatAPythonProgramImportsArePinnedWithIt() throws {
        func digest() throws -> ContentDigest {
            try PinnedProgram.digest(of: .command(["python3", "own/plugin.py"]), in: temporary.path)
        }
        try temporary.write("import json, bars as b\nfrom tools.read import rows\nx = 1\n", to: "own/plugin.py")
        try temporary.write("from . import deep\n", to: "own/tools/__init__.py")
        for name in ["bars.py", "tools/read.py", "tools/deep.py", "other.py"] {
            try temporary.write("y = 1\n", to: "own/\(name)")
        }
        var last = try digest()
        try temporary.write("y = 2\n", to: "own/other.py")
        #expect(try digest() == last)
        for name in ["bars.py", "tools/read.py", "tools/deep.py", "tools/__init__.py", "plugin.py"] {
            try temporary.write("import bars, tools\n", to: "own/\(name)")
            #expect(try digest() != last, "\(name)")
            last = try digest()
        }
    }

    @Test(arguments: [
        ("import a", ["a"]), ("import a.b as c, d", ["a", "c", "d", "as"]), ("from a.b import c", ["a"]),
        ("from . import a, b", ["a", "b"]), ("from .a import b", ["a"]), ("  import a  # why", ["a", "why"]),
        ("important = 1", []), ("import", []), ("from", []), ("from x", ["x"]), ("text = 'import a'", []),
    ])
    func namesOfModulesAreRead(line: String, names: [String]) {
        #expect(PythonModules.names(in: line) == Set(names))
    }

    @Test func randomCutsOfALockNeverCrashItsReader() throws {
        let folder = PluginFolder("\(temporary.path)/plugins")
        var lock = try PluginLock.read(folder)
        let descriptor = try PluginManifest.parse(Array(PythonPlugin.manifest.utf8)).descriptor
        lock.programs = [
            PinnedProgram(
                kind: .indicator, program: .command(["python3", "a \"b\".py"]), digest: ContentDigest(of: []),
                descriptor: descriptor)
        ]
        try lock.write(folder)
        let read = try PluginLock.read(folder)
        #expect(read.text == lock.text && read.programs.first?.program == .command(["python3", "a \"b\".py"]))
        let bytes = Array(lock.text.utf8)
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            var changed = Array(bytes[..<Int.random(in: 0...bytes.count, using: &generator)])
            if !changed.isEmpty {
                changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            try temporary.write(changed, to: File.lock.rawValue)
            _ = try? PluginLock.read(folder)
        }
    }
}
