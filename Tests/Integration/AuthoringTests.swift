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
