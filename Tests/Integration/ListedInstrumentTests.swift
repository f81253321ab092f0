import Testing

/// `instruments: all` in a manifest that names none: the pipeline takes what its source lists.
@Suite struct ListedInstrumentTests {
    private static let manifest = SmallManifest.text
        .replacing("instruments:\n  us: [AAPL, IBM]\n", with: "")
        .replacing("instruments: [us]", with: "instruments: all")
        .replacing("sinks:\n", with: "sinks:\n  files: { plugin: csv, path: out, records: [bars] }\n")

    @Test func runsWhatTheSourceListsAndTellsHowMany() async throws {
        try await Sandbox.with(Self.manifest) { box in
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out.contains("note: pipeline/main: 2 instruments, as provider/history lists them"))
            #expect(try Tables.records(box).count("bars") == 6_540)
            try box.copyHistory("MSFT")
            let more = try await box.run("run", "--once")
            #expect(more.out.contains("pipeline/main: 3 instruments"))
            #expect(try Tables.records(box).texts("SELECT DISTINCT instrument FROM bars ORDER BY 1").count == 3)
        }
    }

    /// A start takes what the source listed of the very same files; where one of them was written since, or what is kept cannot be
    /// read, it is asked again.
    @Test func theSameFilesAreNotListedAgain() async throws {
        func listed(_ box: Sandbox, _ count: Int) async throws {
            let run = try await box.run("run", "--once")
            #expect(run.code == 0 && run.out.contains("pipeline/main: \(count) instruments"), "\(run.out) \(run.err)")
        }
        try await Sandbox.with(Self.manifest) { box in
            try await listed(box, 2)
            let kept = box.text("var/listed/history")
            let lines = kept.split(separator: "\n")
            #expect(lines.dropFirst() == ["AAPL US", "IBM US"])
            // One less shows that it is taken from there.
            try box.write("\(lines[0].dropLast())1\n\(lines[1])", to: "var/listed/history")
            try await listed(box, 1)
            try box.write("\(lines[0])\n\(lines[1])", to: "var/listed/history")
            try await listed(box, 2)
            #expect(box.text("var/listed/history") == kept)
            try box.copyHistory("MSFT")
            try await listed(box, 3)
        }
    }

    @Test func anEmptyListIsAFault() async throws {
        try await Sandbox.with(Self.manifest) { box in
            try box.remove("data")
            try box.makeFolder("data")
            #expect(try await box.run("config", "check").code == 0)
            let run = try await box.run("run", "--once")
            #expect(run.code == 1)
            #expect(run.err.hasPrefix("provider/history: lists no instrument"), "\(run.err)")
        }
    }

    @Test func aReloadTakesWhatWasAdded() async throws {
        try await Sandbox.with(Self.manifest) { box in
            let service = try await box.service()
            try box.copyHistory("MSFT")
            let reload = try await box.run("reload")
            #expect(reload.code == 0, "\(reload.err)")
            try await service.child.waits(for: "MSFT.US")
            #expect(try service.json("/api/v2/stocks/quotes?symbols=MSFT")["count"].number == 1)
            // What was delivered before the reload is not delivered again.
            try await eventually("the added bars are there", or: { service.child.trace }) {
                box.text("out/bars.csv").split(separator: "\n").count >= 6_541 + 3_270 ? true : nil
            }
            #expect(box.text("out/bars.csv").split(separator: "\n").count == 6_541 + 3_270)
            try box.remove("data/MSFT.csv")
            #expect(try await box.run("reload").code == 0)
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aSourceThatComesLateIsWaitedFor() async throws {
        try await Sandbox.with(Self.manifest) { box in
            try box.edit("path: data }", "path: later, on_failure: retry }")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the pipeline waits", or: { child.trace }) {
                try service.json("/health")["status"].text == "degraded" ? true : nil
            }
            for symbol in SmallManifest.symbols { try box.copyHistory(symbol, to: "coming") }
            #expect(try await box.runOther("mv", "coming", "later").code == 0)
            try await child.waits(for: "Serving on")
            #expect(child.out.contains("pipeline/main: 2 instruments"))
            #expect(try await service.stop() == 0)
        }
    }
}
