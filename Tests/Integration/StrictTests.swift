import Testing

/// `--strict` says the same of the same data, however often it is asked.
@Suite struct StrictTests {
    @Test func aRefusedRowFailsEveryRunUntilItIsCorrected() async throws {
        try await Sandbox.with { box in
            // Raw prices have a split, which is a warning too.
            try box.edit("path: data }", "path: data, adjust: ratio }")
            // A range in the quote currency shows the level of adjusted prices, which the gate tells of.
            try box.edit("features: [rsi14, atr14]", "features: [rsi14]")
            let good = box.text("data/AAPL.csv")
            try box.write(good + "2013-03-04,430,432,427,999,9999,56\n", to: "data/AAPL.csv")
            for _ in 0..<2 {
                let run = try await box.run("run", "--once", "--strict")
                #expect(run.code == 1, "\(run.err)")
                #expect(run.err.contains("refused 1 "), "\(run.err)")
            }
            try box.write(good + "2013-03-04,430,432,427,430,9999,56\n", to: "data/AAPL.csv")
            for _ in 0..<2 { #expect(try await box.run("run", "--once", "--strict").code == 0) }
        }
    }
}
