import Testing

/// The dry run of an upgrade: it says what a start does, and changes nothing.
@Suite struct UpgradeTests {
    @Test func saysWhatBecomesOfTheStateAndLeavesItAlone() async throws {
        try await Sandbox.with { box in
            let fresh = try await box.run("upgrade", "check")
            #expect(fresh.code == 0 && fresh.out.contains("penstock.db' is made by the first run"), "\(fresh)")
            #expect(!Files.exists(box.path("var")))
            #expect(try await box.run("run", "--once").code == 0)

            let same = try await box.run("upgrade", "check")
            #expect(same.code == 0 && same.out.contains("a start changes nothing"), "\(same)")

            // As the version before the last change of the tables left it.
            let state = Tables.state(box)
            let known = try state.count("grdb_migrations")
            let last = try state.texts("SELECT identifier FROM grdb_migrations WHERE identifier LIKE 'kept bytes%'")
            try state.execute("DELETE FROM grdb_migrations WHERE identifier = '\(last[0])'")
            let before = Files.bytes(box.path("var/penstock.db"))
            let older = try await box.run("upgrade", "check", "--json")
            #expect(older.code == 0, "\(older)")
            let findings = try JSON(parsing: older.out).items
            let tables = findings.first { $0["check"].text == "state" }?["message"].text ?? ""
            #expect(tables.contains("penstock.db.before-\(known)', then makes '\(last[0])'"), "\(tables)")
            #expect(findings.contains { $0["check"].text == "space" }, "\(older.out)")
            #expect(Files.bytes(box.path("var/penstock.db")) == before)
            #expect(!Files.exists(box.path("var/penstock.db.before-\(known)")))

            try state.execute("INSERT INTO grdb_migrations VALUES ('of the future')")
            let newer = try await box.run("upgrade", "check")
            #expect(newer.code == 3 && newer.out.contains("does not know 'of the future'"), "\(newer)")
        }
    }

    @Test func tellsOfAPluginOfAnotherKitThatNoInstanceNames() async throws {
        try await Sandbox.with { box in
            try await FaultyLibrary.install(box)
            let fits = try await box.run("upgrade", "check")
            #expect(fits.code == 0 && fits.out.contains("ok    indicator/faulty: 1.0.0 fits"), "\(fits)")
            let name = "lib/libFaultyPlugins.so"
            let folder = try #require(
                Files.names(in: box.path("plugins")).first { Files.exists(box.path("plugins/\($0)/\(name)")) })
            let path = box.path("plugins/\(folder)/\(name)")
            var bytes = Files.bytes(path)
            let gate = Array("pluginkit_abi_".utf8)
            for place in bytes.ranges(of: gate).map(\.upperBound) { bytes[place] = UInt8(ascii: "x") }
            try Files.write(bytes, to: path)
            let other = try await box.run("upgrade", "check")
            #expect(other.code == 3, "\(other)")
            #expect(other.out.contains("it is built for PluginKit ABI 'x"), "\(other)")
            try box.edit("period: 14 }", "period: 0 }")
            let faulty = try await box.run("upgrade", "check")
            #expect(faulty.code == 2 && faulty.out.contains("FAIL  manifest"), "\(faulty)")
        }
    }
}
