import Foundation
import Glibc
import Testing

/// A plugin's way from the template to the host, by the command line alone.
@Suite struct AuthoringTests {
    private static let hasPython = access("/usr/bin/python3", X_OK) == 0

    @Test(.enabled(if: hasPython, "python3 is not in /usr/bin"))
    func aNewPluginIsTestedAndItsLevelIsShownWhileItsContentStays() async throws {
        try await Sandbox.empty { box in
            #expect(try await box.run("plugins", "new", "sink", "mine", "--lang", "python").code == 0)
            let test = try await box.run("plugins", "test", "mine")
            #expect(test.code == 0 && test.out.contains("level: gold"), "\(test.out)\(test.err)")
            #expect(try await box.run("plugins", "install", "mine", "--yes").code == 0)
            #expect(try await box.run("plugins", "info", "sink/mine").out.contains("Conformance\n  gold"))
            let source = "plugins/sink-mine/plugin.py"
            try box.write(box.text(source) + "# changed\n", to: source)
            #expect(try await box.run("plugins", "info", "sink/mine").out.contains("Conformance\n  not tested"))
        }
    }

    @Test(.enabled(if: hasPython, "python3 is not in /usr/bin"))
    func aPluginThatBreaksItsContractExitsWithOne() async throws {
        try await Sandbox.empty { box in
            #expect(try await box.run("plugins", "new", "provider/broken", "--lang", "python").code == 0)
            try box.edit("rows.sort(", "rows.sort(reverse=True, ", in: "broken/plugin.py")
            let test = try await box.run("plugins", "test", "broken", "--json")
            #expect(test.code == 1)
            let failed = try JSON(parsing: test.out)["findings"].items.compactMap { $0["check"].text }
            #expect(failed.contains("streamOrder"), "\(test.out)")
        }
    }

    /// The blocks of `docs/write-your-first-provider.md` as they stand there: the way in a language, then a host that uses what was made.
    @Test(
        .enabled(if: hasPython, "python3 is not in /usr/bin"),
        arguments: [("## In Python", "\nOK\n"), ("## In Swift", " passed after ")])
    func aFirstProviderIsMadeByTheDocumentLiterally(section: String, tests: String) async throws {
        let document = Files.text("\(Program.repository)/docs/write-your-first-provider.md")
        let way = try Self.block(after: section, of: document)
        let use = try Self.block(after: "To use it in a host of yours", of: document)
        let path = "\(Program.path.dropLast("/penstock".count)):\(Self.path)"
        try await Sandbox.empty { box in
            let walk = try box.start(["-ec", way], ["PATH": path], program: "/bin/sh")
            let code = try await walk.exitCode(within: .seconds(1_800))
            #expect(code == 0, "\(walk.out)\(walk.err)")
            #expect((walk.out + walk.err).contains(tests), "\(walk.out)\(walk.err)")
            #expect(walk.out.contains("level: gold"), "\(walk.out)")
            #expect(walk.out.contains("INSTRUMENT") && walk.out.contains("2002-07-23 20:00:00"), "\(walk.out)")
            try box.copy(box.path("my_bars/data"), to: "data/mine")
            #expect(try await box.run("plugins", "install", "my_bars", "--yes").code == 0)
            let rest = "pipelines:\n  main: { instruments: [IBM], route: daily }\n"
            try box.write("version: 1\n\(use)\n\(rest)", to: "plugins.yaml")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0 && run.out.contains("IBM.US"), "\(run.out)\(run.err)")
        }
    }

    /// The first block between fences after a text.
    private static func block(after text: String, of document: String) throws -> String {
        let parts = document.components(separatedBy: text)
        let lines = parts.count == 2 ? parts[1].components(separatedBy: "\n```\n") : []
        guard lines.count > 2 else { throw Failure("the document has no block after '\(text)'") }
        return lines[1]
    }

    private static let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"

    private static let refused: [(verb: [String], code: Int32)] = [
        (["plugins", "test", "nowhere"], 3), (["plugins", "test"], 3), (["plugins", "test", "--builtin", "none"], 3),
        (["plugins", "new", "sink"], 2), (["plugins", "new", "sink", "Mine"], 2),
        (["plugins", "new", "bridge", "x"], 2),
    ]

    @Test(arguments: refused) func whatCannotBeTestedOrMadeIsSaid(verb: [String], code: Int32) async throws {
        try await Sandbox.empty { box in
            let child = try box.start(verb)
            #expect(try await child.exitCode() == code)
            #expect(!child.err.isEmpty && child.out.isEmpty)
        }
    }
}
