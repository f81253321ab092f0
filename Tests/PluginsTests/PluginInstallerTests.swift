import FoundationEssentials
import Glibc
import HostManifest
import PluginKit
import TestSupport
import Testing

@testable import HostPlugins

struct PluginInstallerTests {
    private let temporary: TemporaryFolder
    private let plugins: PluginFolder
    private let installer: PluginInstaller
    private let id: PluginIdentifier

    init() throws {
        temporary = try TemporaryFolder()
        plugins = PluginFolder("\(temporary.path)/plugins")
        installer = PluginInstaller(plugins)
        id = try #require(PluginIdentifier("sink/paper"))
    }

    private func source(version: String = "1.0.0", in folder: String = "source") throws -> String {
        let text = """
            id: sink/paper
            version: \(version)
            summary: Writes to paper.
            tier: process
            command: [python3, paper.py]
            accepts: [bars]
            permissions:
              network: [printer.example]
            """
        try temporary.write(text, to: "\(folder)/plugin.yaml")
        try temporary.write("print('paper')\n", to: "\(folder)/paper.py", mode: 0o777)
        try temporary.write("x", to: "\(folder)/.git/config")
        return "\(temporary.path)/\(folder)"
    }

    private func tar(_ arguments: String...) throws -> String {
        let path = "\(temporary.path)/paper.tar.gz"
        _ = try ChildCommand(program: "tar", arguments: ["-czf", path] + arguments).run()
        return path
    }

    private func refusal(_ source: PluginSource) -> PluginFault? {
        do throws(PluginFault) {
            _ = try installer.install(source) { _ in true }
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsAskedIsShownAndWhatIsInstalledIsLocked() throws {
        var shown: PluginProposal?
        let installed = try installer.install(.folder(try source())) { proposal in
            shown = proposal
            return true
        }
        #expect(shown?.text.contains("network      printer.example") == true)
        #expect(shown?.text.contains("digest       sha256:") == true)
        #expect(installed.command == ["python3", "paper.py"])
        #expect(try temporary.names("plugins") == ["plugins.lock", "sink-paper"])
        #expect(try temporary.names("plugins/sink-paper") == ["paper.py", "plugin.yaml"])
        #expect(installer.verify().isEmpty)
        #expect(plugins.discover().plugins.map(\.manifest.id) == [id])
    }

    @Test func foldersOfToolsAreNeitherCopiedNorPinned() throws {
        let folder = try source()
        let before = try FolderDigest.compute(folder)
        for file in [
            "__pycache__/a.pyc", ".venv/bin/python", "own/pyvenv.cfg", "own/lib/a.py", "target/CACHEDIR.TAG",
            "var/penstock.db", "plugins/plugins.lock", ".idea/a.xml",
        ] {
            try temporary.write("x", to: "source/\(file)")
        }
        #expect(try FolderDigest.compute(folder) == before)
        let installed = try installer.install(.folder(folder)) { _ in true }
        #expect(try FileTree.names(installed.folder).sorted() == ["paper.py", "plugin.yaml"])
    }

    @Test func whatIsDeclinedChangesNothing() throws {
        let path = try source()
        #expect(throws: PluginFault.self) { try installer.install(.folder(path)) { _ in false } }
        #expect(try temporary.names("plugins").isEmpty)
    }

    @Test func aChangedFileIsRefusedUntilItIsLocked() throws {
        _ = try installer.install(.folder(try source())) { _ in true }
        try temporary.write("print('other')\n", to: "plugins/sink-paper/paper.py")
        #expect(installer.verify().map(\.code) == [.notLocked])
        #expect(try installer.lock().count == 1)
        #expect(installer.verify().isEmpty)
    }

    @Test func aPluginThatWasNeverAcceptedDoesNotRun() throws {
        _ = try source(in: "plugins/paper")
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime())
        let settings = PluginSettings(folder: plugins.path, state: "\(temporary.path)/state")
        let type = try #require(finder.plugins(settings).first)
        let faults = type.validate(Configuration(instance: "sink/x", values: [:]))
        #expect(faults.map(\.option) == ["plugin"])
        #expect(faults.first?.message.contains("it was never accepted") == true)
    }

    @Test func aNewVersionReplacesTheOldOne() throws {
        _ = try installer.install(.folder(try source())) { _ in true }
        var replaced: String?
        _ = try installer.install(.folder(try source(version: "2.0.0"))) { proposal in
            replaced = proposal.replaces
            return true
        }
        #expect(replaced == "1.0.0")
        #expect(plugins.discover()[id]?.manifest.version == "2.0.0")
        #expect(installer.verify().isEmpty)
    }

    @Test func whatIsRemovedIsForgotten() throws {
        _ = try installer.install(.folder(try source())) { _ in true }
        try installer.remove(id)
        #expect(try temporary.names("plugins") == ["plugins.lock"])
        #expect(try PluginLock.read(plugins).entries.isEmpty)
        #expect(throws: PluginFault.self) { try installer.remove(id) }
    }

    @Test func anArchiveIsInstalled() throws {
        _ = try source()
        let archive = try tar("-C", temporary.path, "source")
        _ = try installer.install(PluginSource(archive)) { _ in true }
        #expect(installer.verify().isEmpty)
    }

    @Test func anArchiveWithoutCompressionIsInstalled() throws {
        _ = try source()
        let path = "\(temporary.path)/paper.tar"
        _ = try ChildCommand(program: "tar", arguments: ["-cf", path, "-C", temporary.path, "source"]).run()
        _ = try installer.install(PluginSource(path)) { _ in true }
        #expect(installer.verify().isEmpty)
    }

    private func zip(_ script: String) throws -> String {
        let path = "\(temporary.path)/paper.zip"
        unlink(path)
        let start = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n"
        _ = try ChildCommand(
            program: "python3", arguments: ["-c", start + script + "\nz.close()", path, temporary.path]
        ).run()
        return path
    }

    @Test func aZipIsInstalled() throws {
        _ = try source()
        let path = try zip("for n in ('plugin.yaml', 'paper.py'): z.write(sys.argv[2] + '/source/' + n, 'paper/' + n)")
        _ = try installer.install(PluginSource(path)) { _ in true }
        #expect(try temporary.names("plugins/sink-paper") == ["paper.py", "plugin.yaml"])
        #expect(installer.verify().isEmpty)
    }

    @Test(arguments: [
        ("z.writestr('../x', 'x')", "leaves the folder"), ("z.writestr('/x', 'x')", "leaves the folder"),
        ("z.writestr('a/../../x', 'x')", "leaves the folder"), ("z.writestr('a\\x1bx', 'x')", "unusual characters"),
        ("i = zipfile.ZipInfo('l'); i.external_attr = 0o120777 << 16; z.writestr(i, '/etc')", "is a link or a device"),
        ("for n in range(10001): z.writestr(str(n), '')", "goes over the limits"),
        ("for n in range(9): z.writestr(str(n), bytes(1 << 26))", "goes over the limits"),
    ])
    func aZipThatLeavesItsFolderIsRefused(script: String, reason: String) throws {
        let fault = refusal(.archive(try zip(script)))
        #expect(fault?.code == .unsafe && fault?.message.contains(reason) == true, "\(fault?.message ?? "none")")
        #expect(try temporary.names("plugins").isEmpty)
    }

    @Test func aRepositoryIsInstalled() throws {
        let path = try source()
        try FileManager.default.removeItem(atPath: "\(path)/.git")
        for arguments in [
            ["init", "--quiet", path], ["-C", path, "add", "."],
            ["-C", path, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "x"],
        ] { _ = try ChildCommand(program: "git", arguments: arguments).run() }
        _ = try installer.install(PluginSource("file://\(path)")) { _ in true }
        #expect(installer.verify().isEmpty)
    }

    @Test func anArchiveThatLeavesItsFolderIsRefused() throws {
        let path = try source()
        let absolute = try tar("-P", "\(path)/paper.py")
        #expect(refusal(.archive(absolute))?.message.contains("leaves the folder") == true)
        let climbing = try tar("-P", "-C", path, "--transform=s,^,../,", "plugin.yaml")
        #expect(refusal(.archive(climbing))?.message.contains("leaves the folder") == true)
        try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "/etc")
        let linked = try tar("-C", path, "link", "plugin.yaml")
        #expect(refusal(.archive(linked))?.message.contains("is a link or a device") == true)
        #expect(refusal(.folder(path))?.message.contains("is a link") == true)
        #expect(try temporary.names("plugins").isEmpty)
    }

    @Test func anArchiveThatIsNoneIsRefused() throws {
        let path = try temporary.write("text", to: "x.tar.gz")
        #expect(refusal(.archive(path))?.code == .command)
        #expect(refusal(.archive("\(temporary.path)/none.tgz"))?.code == .file)
        #expect(refusal(.folder(temporary.path))?.code == .manifest)
    }

    @Test func anArchiveThatUnpacksToMoreThanTheLimitIsRefused() throws {
        let archive = PluginArchive(path: "x.tar.gz")
        let line = "-rw-r--r-- 0/0 600000000 2026-01-02 03:04 a"
        let fault = #expect(throws: PluginFault.self) { try archive.check(line) }
        #expect(fault?.code == .unsafe)
    }

    @Test func requirementsAreInstalledInAnEnvironmentOfItsOwn() throws {
        let path = try source()
        try temporary.write("# none\n", to: "source/requirements.txt")
        let installed = try installer.install(.folder(path)) { $0.installsPackages }
        #expect(installed.command?.first?.hasSuffix("sink-paper/.venv/bin/python") == true)
        #expect(installer.verify().isEmpty)
        try temporary.write("no such package is named so ==== 1\n", to: "source/requirements.txt")
        #expect(throws: PluginFault.self) { try installer.install(.folder(path)) { _ in true } }
        #expect(installer.verify().isEmpty)
    }

    @Test func aDamagedLockAcceptsNothing() throws {
        _ = try installer.install(.folder(try source())) { _ in true }
        try temporary.write(
            "version: 1\nplugins: {sink/paper: {version: 1.0.0, digest: sha256:00}}\n", to: "plugins/plugins.lock")
        #expect(installer.verify().first?.code == .notLocked)
    }

    @Test func aDigestIsTheStandardsOwn() {
        // FIPS 180-4, example "abc".
        let digest = ContentDigest(of: Array("abc".utf8))
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(digest.description == text)
        #expect(ContentDigest(text) == digest)
        #expect(ContentDigest("sha256:xyz") == nil)
    }
}
