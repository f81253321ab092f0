import Testing

/// What a file or an option of its provider changes in bars that sinks have.
@Suite struct RevisionTests {
    private static let manifest = SmallManifest.text.replacing(
        "sinks:\n", with: "sinks:\n  files: { plugin: csv, path: out, records: [bars] }\n")

    @Test func aCorrectedRowReachesSinksMarkedAndOnce() async throws {
        try await Sandbox.with(Self.manifest) { box in
            #expect(try await box.run("run", "--once").code == 0)
            let lines = box.text("data/AAPL.csv").split(separator: "\n").map(String.init)
            var last = lines[lines.count - 1].split(separator: ",").map(String.init)
            last[5] += "0"
            try box.write(
                (lines.dropLast() + [last.joined(separator: ",")]).joined(separator: "\n") + "\n", to: "data/AAPL.csv")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out.contains("came again with other values"), "\(run.out)")
            for _ in 0..<2 {
                let rows = box.text("out/bars.csv").split(separator: "\n")
                #expect(rows.count == 6_542)
                #expect(rows.filter { $0.contains("revised") }.count == 1)
                let records = Tables.records(box)
                #expect(try records.count("bars") == 6_540)
                #expect(try records.texts("SELECT flags FROM bars WHERE flags LIKE '%revised%'").count == 1)
                #expect(try await box.run("run", "--once").code == 0)
            }
        }
    }

    @Test func aBarThatChangesInAFollowedFileReachesSinksMarked() async throws {
        try await Sandbox.with(Self.manifest) { box in
            try box.edit("path: data }", "path: data, follow: true }")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("every bar is delivered", or: { child.trace }) {
                box.text("out/bars.csv").split(separator: "\n").count == 6_541 ? true : nil
            }
            try box.write(
                box.text("data/AAPL.csv").replacing("2013-03-01,438.0,", with: "2013-03-01,437.0,"), to: "data/AAPL.csv"
            )
            try await eventually("the new one is delivered", or: { child.trace }) {
                box.text("out/bars.csv").contains("revised") ? true : nil
            }
            #expect(try await service.stop() == 0)
            for _ in 0..<2 {
                let rows = box.text("out/bars.csv").split(separator: "\n")
                #expect(rows.count == 6_542 && rows.filter { $0.contains("revised") }.count == 1)
                #expect(try Tables.records(box).count("bars") == 6_540)
                #expect(try await box.run("run", "--once").code == 0)
            }
        }
    }

    @Test func whatAnOptionOfTheProviderChangesReachesSinks() async throws {
        try await Sandbox.with(Self.manifest) { box in
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("path: data }", "path: data, volume_unit: lots }")
            #expect(try await box.run("run", "--once").code == 0)
            let rows = box.text("out/bars.csv").split(separator: "\n")
            #expect(rows.filter { $0.contains("revised") }.count == 6_540)
            #expect(try Tables.records(box).count("bars") == 6_540)
        }
    }
}
