import Glibc
import HostManifest
import TestSupport
import Testing

@Suite struct EditorTests {
    private func edit(_ text: String, _ isEnabled: Bool, _ id: String) throws -> String {
        try ManifestEditor(file: "plugins.yaml").setEnabled(isEnabled, instance: id, in: text).text
    }

    private func refusal(_ text: String, _ id: String, _ isEnabled: Bool = false) -> String {
        do {
            _ = try edit(text, isEnabled, id)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        (
            "sinks:\n  a: { plugin: x, enabled: true }  # why\n", false,
            "sinks:\n  a: { plugin: x, enabled: false }  # why\n"
        ),
        ("sinks:\n  a: { plugin: x }  # 注释\n", false, "sinks:\n  a: { plugin: x, enabled: false }  # 注释\n"),
        ("sinks: { a: { plugin: \"x\", p: 1 } }", false, "sinks: { a: { plugin: \"x\", enabled: false, p: 1 } }"),
        ("sinks: { a: { p: 1 } }", false, "sinks: { a: { enabled: false, p: 1 } }"),
        ("sinks: { a: {} }", false, "sinks: { a: { enabled: false } }"),
        (
            "sinks:\n  a:\n    plugin: x  # kept\n    p: 1\n", false,
            "sinks:\n  a:\n    plugin: x  # kept\n    enabled: false\n    p: 1\n"
        ),
        ("sinks:\n  a:\n    plugin: x", false, "sinks:\n  a:\n    plugin: x\n    enabled: false"),
        ("sinks:\r\n  a:\r\n    plugin: x\r\n", false, "sinks:\r\n  a:\r\n    plugin: x\r\n    enabled: false\r\n"),
        ("sinks:\n  a:\n    p: 1\n", false, "sinks:\n  a:\n    enabled: false\n    p: 1\n"),
        ("sinks:\n  a:\n    p: 1", false, "sinks:\n  a:\n    enabled: false\n    p: 1"),
        (
            "sinks:\n  a:\n    plugin: >-\n      x\n    p: 1\n", false,
            "sinks:\n  a:\n    enabled: false\n    plugin: >-\n      x\n    p: 1\n"
        ),
        (
            "sinks:\n  a:\n    plugin: x\n    enabled: false # off\n", true,
            "sinks:\n  a:\n    plugin: x\n    enabled: true # off\n"
        ),
        (
            "sinks:\n  a:\n    plugin: x\n    enabled: \"false\"\n", true,
            "sinks:\n  a:\n    plugin: x\n    enabled: true\n"
        ),
        ("sinks:\n  a:\n    plugin: x\n    enabled:\n", false, "sinks:\n  a:\n    plugin: x\n    enabled: false\n"),
        (
            "sinks:\n  a:\n    plugin: x\n    enabled: nonsense\n", true,
            "sinks:\n  a:\n    plugin: x\n    enabled: true\n"
        ),
        ("sinks: { a: { plugin: x } }", true, "sinks: { a: { plugin: x } }"),
        ("sinks: { a: { plugin: x, enabled: false } }", false, "sinks: { a: { plugin: x, enabled: false } }"),
        ("\u{FEFF}sinks: { a: { plugin: x } }", false, "\u{FEFF}sinks: { a: { plugin: x, enabled: false } }"),
        ("sinks:\r  a:\r    plugin: x\r", false, "sinks:\r  a:\r    plugin: x\r    enabled: false\r"),
    ])
    func changesOneValue(_ before: String, _ isEnabled: Bool, _ after: String) throws {
        #expect(try edit(before, isEnabled, "a") == after)
    }

    @Test func editsTheSampleBackAndForth() throws {
        for id in ["history", "provider/vantage", "rsi14", "macd", "next_day", "week", "live", "keep"] {
            let name = String(id.split(separator: "/").last ?? "")
            let off = try edit(sample, false, id)
            let parsed = load(off)
            if let instance = parsed.manifest?.instances.first(where: { $0.id == name }) {
                #expect(!instance.isEnabled)
            }
            let kept = sample.split(separator: "\n").filter { !$0.contains(name) && !$0.contains("enabled") }
            for line in kept { #expect(off.contains(line)) }
        }
        let off = try edit(sample, false, "keep")
        #expect(try #require(load(off).manifest).pipelines[0].sinks == ["live"])
    }

    @Test func refusesWhatItCannotDo() {
        let both = "sinks: { a: { plugin: x } }\nmodels: { a: { plugin: x } }"
        #expect(refusal(both, "a") == "plugins.yaml: 'a' is several instances: model/a, sink/a. Name one of them so.")
        #expect(refusal(both, "b") == "plugins.yaml: no instance 'b'. Did you mean 'a'? Known: a.")
        #expect(refusal(both, "sink/c").contains("Did you mean 'sink/a'? Known: model/a, sink/a."))
        #expect(refusal("sinks: { a: x }", "a") == "plugins.yaml:1:10: sink/a is no mapping. Write { plugin: NAME }.")
        #expect(
            refusal("sinks: { a: { plugin: x, enabled: \"${env:A}\" } }", "a").contains(
                "'enabled' is '${env:A}'. Change what it refers to"))
        #expect(refusal("sinks: [", "a").hasPrefix("plugins.yaml:1:9: error: this is not YAML"))
        #expect(refusal("", "a") == "plugins.yaml: the manifest is empty. `penstock init` makes one.")
        #expect(refusal("- a", "a").contains("no instance 'a'."))
        #expect(refusal("sinks: { a: { plugin: x, b: &c 1 } }", "a").contains("anchors and aliases are refused"))
        #expect(
            refusal("sinks: { a: { plugin: x, enabled: [true] } }\nx-b: [1, { c: ~ }]", "a").contains(
                "cannot be edited"))
        #expect(
            refusal("sinks:\n  ? a\n  : ? plugin\n    : x\n", "a").contains(
                "cannot be edited without changing more. Set enabled: false by hand."))
    }

    @Test func sayWhetherAnythingChanged() throws {
        let editor = ManifestEditor(file: "plugins.yaml")
        let same = try editor.setEnabled(true, instance: "live", in: sample)
        #expect(!same.isChanged && same.text == sample && same.instance == "sink/live")
        #expect(try editor.setEnabled(false, instance: "live", in: sample).isChanged)
    }

    @Test func writesFilesAtomicallyAndKeepsTheirMode() throws {
        let folder = try TemporaryFolder()
        try folder.write(sample, to: "plugins.yaml", mode: 0o640)
        let path = "\(folder.path)/plugins.yaml"
        #expect(try ManifestEditor.setEnabled(false, instance: "live", path: path).isChanged)
        #expect(try folder.text("plugins.yaml").contains("live: { plugin: console, enabled: false, queue"))
        #expect(try folder.mode("plugins.yaml") == 0o640)
        #expect(try folder.names() == ["plugins.yaml"])
        #expect(try !ManifestEditor.setEnabled(false, instance: "live", path: path).isChanged)
    }

    @Test func followsSymbolicLinksAndMakesNewFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "real.yaml")
        try folder.link("link.yaml", to: "real.yaml")
        try AtomicFile.write("new", to: "\(folder.path)/link.yaml")
        #expect(try folder.text("real.yaml") == "new")
        #expect(try folder.text("link.yaml") == "new")
        var status = stat()
        #expect(lstat("\(folder.path)/link.yaml", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        try folder.write("", to: "fresh.yaml")
        unlink("\(folder.path)/fresh.yaml")
        try AtomicFile.write("fresh", to: "\(folder.path)/fresh.yaml")
        #expect(try folder.text("fresh.yaml") == "fresh")
        #expect(try folder.mode("fresh.yaml") == 0o644)
    }

    @Test func removesWhatAKilledWriterLeft() throws {
        let folder = try TemporaryFolder()
        let others = ["other.a1B2c3", "token", "token.a-b2c3", "token.backups"]
        for name in others + ["token.a1B2c3"] { try folder.write([0x78], to: name) }
        AtomicFile.removeLeftovers(of: "\(folder.path)/token")
        #expect(try folder.names().sorted() == others)
    }

    @Test func reportsFilesThatCannotBeReadOrWritten() throws {
        let folder = try TemporaryFolder()
        try folder.write([0xFF], to: "bytes.yaml")
        func refusal(_ path: String) -> String {
            do {
                _ = try ManifestEditor.setEnabled(false, instance: "a", path: path)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(refusal("\(folder.path)/none.yaml").hasSuffix("No such file or directory. `penstock init` makes one."))
        #expect(refusal("\(folder.path)/bytes.yaml").hasSuffix("the manifest is not UTF-8. Save it as UTF-8."))
        #expect(refusal(folder.path).contains("it is no regular file"))
        #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write("x", to: "/nonexistent/folder/file") }
        #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write("x", to: folder.path + "/bytes.yaml/x") }
        // A folder cannot be replaced by a file: rename fails, and the temporary file is gone.
        #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write("x", to: "\(folder.path)/.") }
        #expect(try folder.names() == ["bytes.yaml"])
    }

    @Test func namesInstancesOfAnUnfinishedManifest() throws {
        let text = "sinks:\n  keep: { plugin: sqlite }\n  own:\n    plugin: { command: [x] }\nmodels: { m: {} }\n"
        let found = try ManifestEditor(file: "plugins.yaml").instances(in: text)
        #expect(found.map(\.name) == ["model/m", "sink/keep", "sink/own"])
        #expect(found.map(\.plugin) == [nil, "sink/sqlite", nil])
        #expect(found.map(\.line) == [5, 2, 3])
    }
}
