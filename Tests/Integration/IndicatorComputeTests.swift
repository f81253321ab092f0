import Glibc
import Testing

/// `penstock indicators compute` over stored bars and into a picture.
@Suite struct IndicatorComputeTests {
    private static let hasGnuplot = access("/usr/bin/gnuplot", X_OK) == 0

    private static func compute(
        _ box: Sandbox, _ words: [String]
    ) async throws -> (code: Int32, out: String, err: String) {
        let child = try box.start(["indicators", "compute"] + words)
        return (try await child.exitCode(), child.out, child.err)
    }

    @Test func storedBarsGiveWhatTheirFileGives() async throws {
        try await Sandbox.with { box in
            let nothing = try await box.run("indicators", "compute", "rsi", "--instrument", "IBM.US")
            #expect(nothing.code != 0 && nothing.out.isEmpty, "\(nothing)")
            #expect(try await box.run("run", "--once").code == 0)
            func values(_ arguments: String...) async throws -> [Substring] {
                let table = try await Self.compute(box, arguments)
                #expect(table.code == 0, "\(table.err)")
                return table.out.split(separator: "\n").dropFirst().map { $0.drop { $0 != "," } }
            }
            let file = try await values("rsi", "sma(close, 3)", "--file", "data/IBM.csv")
            #expect(file.count == 3_270 && file.last?.split(separator: ",").count == 2)
            #expect(try await values("rsi", "sma(close, 3)", "--instrument", "IBM.US") == file)
            #expect(try await values("rsi", "--instrument", "IBM.US", "--as-of", "2000-03-02").count == 2)
            let both = try await box.run("indicators", "compute", "rsi", "--instrument", "IBM.US", "--file", "x")
            #expect(both.code == 2 && both.err.contains("either '--file' with bars or '--instrument'"), "\(both)")
        }
    }

    @Test(.enabled(if: hasGnuplot, "gnuplot is not in /usr/bin; apt-get install gnuplot-nox"))
    func drawsPanels() async throws {
        try await Sandbox.with { box in
            let words = ["sma(close, 20)", "it's = rsi(14)", "--file", "data/IBM.csv", "--plot"]
            let drawn = try await Self.compute(box, words + ["it's.svg"])
            #expect(drawn.code == 2 && drawn.err.contains("it's"), "a name has no quote: \(drawn)")
            let good = ["sma(close, 20)", "rsi(14)", "--file", "data/IBM.csv", "--plot"]
            let plot = try await Self.compute(box, good + ["it's.svg"])
            #expect(plot.code == 0 && plot.out.isEmpty, "\(plot)")
            let svg = box.text("it's.svg")
            for title in ["close", "sma(close, 20)", "rsi(14)", "data/IBM.csv", "2004-01-01"] {
                #expect(svg.contains(">\(title)<"), "\(title)")
            }
            #expect(svg.split(separator: "<path").count > 4)
            let picture = try await Self.compute(box, good + ["plot.png"])
            #expect(picture.code == 0, "\(picture)")
            #expect(Files.bytes(box.path("plot.png")).starts(with: [0x89, 0x50, 0x4E, 0x47]))
            let other = try await Self.compute(box, good + ["plot.pdf"])
            #expect(other.code == 2 && other.err.contains("allowed .svg and .png"), "\(other)")
            let nowhere = try await Self.compute(box, good + ["no/plot.svg"])
            #expect(nowhere.code == 2 && nowhere.err.contains("no/plot.svg"), "\(nowhere)")
        }
    }

    @Test func saysWhatToInstallWithoutGnuplot() async throws {
        try await Sandbox.with { box in
            let plot = try await box.run(
                "indicators", "compute", "rsi", "--file", "data/IBM.csv", "--plot", "a.svg",
                environment: ["PATH": "/nowhere"])
            #expect(plot.code == 2 && plot.err.contains("Install 'gnuplot'"), "\(plot)")
        }
    }
}
