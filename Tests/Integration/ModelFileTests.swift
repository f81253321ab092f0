import Testing

/// A version goes from one host to another as a file.
@Suite struct ModelFileTests {
    /// A host in a folder of a sandbox: a box holds one turn, and two of them would wait for each other.
    private struct Site {
        let box: Sandbox
        let folder: String

        func run(_ arguments: String...) async throws -> (code: Int32, out: String, err: String) {
            let child = try box.start(arguments + ["--config", "\(folder)/plugins.yaml"])
            return (try await child.exitCode(), child.out, child.err)
        }

        func service() async throws -> Service {
            try await box.service("--config", "\(folder)/plugins.yaml")
        }

        var state: Tables { Tables(path: box.path("\(folder)/var/penstock.db")) }

        var stages: [String] {
            get throws {
                try state.texts("SELECT number || ' ' || stage || ' ' || made_by FROM versions ORDER BY number")
            }
        }
    }

    /// Two hosts with the same manifest over other files: their fits differ.
    private static func two(_ body: (_ here: Site, _ there: Site) async throws -> Void) async throws {
        try await Sandbox.empty { box in
            let sites = ["here", "there"].map { Site(box: box, folder: $0) }
            for site in sites {
                for symbol in SmallManifest.symbols { try box.copyHistory(symbol, to: "\(site.folder)/data") }
                try box.write(SmallManifest.text, to: "\(site.folder)/plugins.yaml")
            }
            let lines = box.text("there/data/IBM.csv").split(separator: "\n").dropLast(40)
            try box.write(lines.joined(separator: "\n") + "\n", to: "there/data/IBM.csv")
            for site in sites { #expect(try await site.run("run", "--once").code == 0) }
            try await body(sites[0], sites[1])
        }
    }

    @Test func aVersionServesAtAnotherHostBitForBit() async throws {
        try await Self.two { here, there in
            let written = try await here.run("models", "export", "next_day", "1", "-o", "one.json")
            #expect(written.code == 0 && written.out.contains("SHA-256 "), "\(written.out)\(written.err)")
            let taken = try await there.run("models", "import", "one.json", "--reason", "fitted on all of it")
            #expect(taken.code == 0, "\(taken.err)")
            #expect(taken.out == "model/next_day: version 2 in pipeline/main is candidate, from one.json.\n")
            #expect(try there.stages.map { $0.split(separator: " ")[1] } == ["champion", "candidate"])
            #expect(try there.stages[1].hasSuffix(" host") == false, "who took it is kept")
            #expect(try await there.run("models", "promote", "next_day", "2", "--reason", "it saw more").code == 0)
            let parts =
                "SELECT hex(artifact_parts.bytes) FROM artifact_parts JOIN versions USING (artifact) WHERE number = "
            #expect(
                try there.state.texts(parts + "2 ORDER BY position")
                    == here.state.texts(parts + "1 ORDER BY position"))
            let run = try await there.run("run", "--once")
            #expect(run.code == 0 && run.out.contains("stored artifact"), "\(run.out)\(run.err)")
            let show = try await there.run("models", "show", "next_day")
            #expect(show.out.contains("import: fitted on all of it (version 1 of model/next_day"), "\(show.out)")
        }
    }

    @Test func aHostThatRunsGivesAndTakes() async throws {
        try await Self.two { here, there in
            let (from, to) = (try await here.service(), try await there.service())
            #expect(try await here.run("models", "export", "next_day", "1").code == 0)
            let taken = try await there.run("models", "import", "next_day-1.model.json", "--reason", "x")
            #expect(taken.code == 0, "\(taken.err)")
            #expect(try await there.run("models", "promote", "next_day", "2", "--reason", "y").code == 0)
            #expect(try to.json("/api/v2/ai/models/next_day/status")["version"].count == 2)
            let twice = try await there.run("models", "import", "next_day-1.model.json", "--reason", "x")
            #expect(twice.code == 1 && twice.err.contains("this is version 2 of model/next_day"), "\(twice.err)")
            #expect(try await from.stop() == 0)
            #expect(try await to.stop() == 0)
        }
    }

    @Test func whatIsNotAsItWasWrittenIsRefused() async throws {
        try await Self.two { here, there in
            #expect(try await here.run("models", "export", "next_day", "1", "-o", "one.json").code == 0)
            let text = here.box.text("one.json")
            func refused(_ text: String, _ words: String, _ more: String...) async throws {
                try there.box.write(text, to: "x.json")
                let child = try there.box.start(
                    ["models", "import", "x.json", "--reason", "x", "--config", "there/plugins.yaml"] + more)
                #expect(try await child.exitCode() != 0)
                #expect(child.err.contains(words), "\(child.err)")
                #expect(try there.stages == ["1 champion host"])
            }
            try await refused(text.replacing("\"version\":1}", with: "\"version\":2}"), "is damaged")
            try await refused(text.replacing("ridge", with: "rigde"), "is damaged")
            try await refused(String(text.dropLast(100)), "is no file of a model")
            try await refused("{}", "is no file of a model")
            try await refused(text, "the manifest has no model 'other'", "--model", "other")
            try await refused(text, "pipeline 'other' has no model/next_day", "--pipeline", "other")
            try there.box.edit("features: [rsi14, atr14]", "features: [rsi14]", in: "there/plugins.yaml")
            try await refused(text, "was fitted with atr14")
            let missing = try await there.run("models", "import", "none.json", "--reason", "x")
            #expect(missing.code == 3 && missing.err.contains("No such file"), "\(missing.err)")
            let gone = try await here.run("models", "export", "next_day", "7")
            #expect(gone.code != 0 && gone.err.contains("has no version 7; allowed 1...1"), "\(gone.err)")
        }
    }
}
