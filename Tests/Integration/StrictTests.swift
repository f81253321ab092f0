import Testing

/// `--strict` says the same of the same data, however often it is asked.
@Suite struct StrictTests {
    @Test func aRefusedRowFailsEveryRunUntilItIsCorrected() async throws {
        try await Sandbox.with { box in
            try box.adjustPrices()
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
