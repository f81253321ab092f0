import Testing

/// What a user sees of stored data.
@Suite struct DataTests {
    @Test func showsWhatIsStoredMissingAndOdd() async throws {
        try await Sandbox.with { box in
            var lines = box.text("data/IBM.csv").split(separator: "\n").map(String.init)
            lines.removeSubrange(200..<203)
            try box.write(lines.joined(separator: "\n") + "\n", to: "data/IBM.csv")
            try box.edit("  keep:", "  told: { plugin: ndjson, path: told, records: [alerts] }\n  keep:")
            #expect(try await box.run("run", "--once").code == 0)
            let told = try JSON.lines(box.text("told/alerts.ndjson")).filter { $0["rule"] == .string("gap") }
            #expect(told.map { $0["instrument"] } == [.string("IBM.US")], "\(told)")
            #expect(
                told.first?["message"]
                    == .string(
                        "IBM.US: 3 bars of 1d are missing before this one, by the calendar of US. `penstock data gaps IBM.US` shows which."
                    ), "\(told)")
            let stats = try JSON(parsing: try await box.run("data", "--json").out)["series"]
            #expect(stats.items.map { $0["events"].count } == [3_270, 3_267])

            let gaps = try await box.run("data", "gaps")
            #expect(gaps.code == 0 && gaps.out.contains("AAPL.US 1d (main): nothing is missing"), "\(gaps)")
            #expect(gaps.out.contains("IBM.US 1d (main): 3 bars are missing, of 3267 stored.\n  2000-12-"), "\(gaps)")
            #expect(try await box.run("data", "gaps", "--fail", "4").code == 0)
            let failed = try await box.run("data", "gaps", "IBM", "--fail", "3", "--tell", "4")
            #expect(
                failed.code == 1 && failed.out == "IBM.US 1d (main): 3 bars are missing, of 3267 stored.\n", "\(failed)"
            )

            let verified = try await box.run("data", "verify", "AAPL")
            #expect(verified.code == 0 && verified.out.contains("3270 bars, none would be refused"), "\(verified)")
            #expect(
                verified.out.contains("\n  2000-06-21 split: AAPL.US") && verified.out.hasSuffix("The file is sound.\n")
            )

            let service = try await box.service()
            #expect(
                try await box.run("data", "gaps", "IBM").out
                    == gaps.out.split(separator: "\n").dropFirst().map { $0 + "\n" }
                    .joined(), "a running host says the same")
            let nothing = try await box.run("data", "stats", "MSFT")
            #expect(nothing.code == 1 && nothing.err.contains("nothing is stored of 'MSFT'"), "\(nothing)")
            #expect(try await service.stop() == 0)

            let export = try await box.run("data", "export", "AAPL.US", "--as-of", "2000-03-02")
            #expect(export.out.split(separator: "\n").count == 3, "\(export)")
            #expect(
                export.out.contains("\n2000-03-01T21:00:00Z,118.56,132.06,118.5,130.31,9616100.0,history,1,,,AAPL.US\n")
            )
        }
    }
}
