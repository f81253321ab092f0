import Testing

/// A fit that shadows what serves, on bars that come while the host runs.
@Suite struct RolloutRunTests {
    private static let rows = 2_600

    /// Lays the first rows of each file there, and gives what follows them.
    private static func cut(_ box: Sandbox) throws -> [String: [Substring]] {
        var rest: [String: [Substring]] = [:]
        for symbol in SmallManifest.symbols {
            let lines = box.text("data/\(symbol).csv").split(separator: "\n")
            try box.write(lines.prefix(rows).joined(separator: "\n") + "\n", to: "data/\(symbol).csv")
            rest[symbol] = Array(lines.dropFirst(rows))
        }
        return rest
    }

    private static func append(_ rest: [String: [Substring]], _ range: Range<Int>, _ box: Sandbox) throws {
        for (symbol, lines) in rest {
            let more = lines[range].joined(separator: "\n") + "\n"
            try box.write(box.text("data/\(symbol).csv") + more, to: "data/\(symbol).csv")
        }
    }

    @Test func aBetterFitShadowsIsPromotedAndServes() async throws {
        try await Sandbox.with { box in
            let rest = try Self.cut(box)
            try box.edit("path: data }", "path: data, follow: true }")
            try box.edit("  atr14:", "  width: { expr: \"stddev(close, 20) / close\" }\n  atr14:")
            try box.edit(
                "plugin: ridge, target: { return: 1 bar }, features: [rsi14, atr14]",
                "plugin: ridge, l2: 100000, target: { volatility: 5 bars }, features: [width]")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit(
                "l2: 100000,",
                "l2: 1, promotion: { leakage: reported, min_samples: 20, test: 0.5, rollback: { band: 9 } },")
            let service = try await box.service()
            func stage(_ number: Int) throws -> String? {
                try service.json("/api/v2/ai/versions?model=next_day")["versions"].items
                    .first { $0["version"].count == number }?["stage"].text
            }
            #expect(try service.json("/api/v2/ai/models/next_day/status")["version"].count == 1)
            try await eventually("the new fit shadows", or: { service.child.trace }) {
                try stage(2) == "shadow" ? true : nil
            }
            try Self.append(rest, 0..<300, box)
            try await eventually("it is promoted", or: { service.child.trace }) {
                try stage(2) == "champion" ? true : nil
            }
            #expect(try stage(1) == "candidate")
            let history = try service.json("/api/v2/ai/models/next_day/history")["history"].items
            let change = history.first { $0["to"].text == "champion" }
            #expect(change?["by"].text == "host", "\(history)")
            #expect(change?["reason"].text?.contains(" of version 1 over ") == true, "\(history)")
            #expect(service.child.out.contains("version 2 is champion: squared_error"), "\(service.child.out)")
            // What it said beside the champion is kept apart, and was never served.
            let said = try service.json("/api/v2/ai/outcomes?model=next_day&stage=shadow&limit=10000")["outcomes"].items
            #expect(said.count > 40 && said.allSatisfy { $0["version"].count == 2 && $0["stage"].text == "shadow" })
            try Self.append(rest, 300..<330, box)
            try await eventually("it predicts", or: { service.child.trace }) {
                let rows = try service.json("/api/v2/ai/predictions?model=next_day")["predictions"].items
                return rows.count == 2 && rows.allSatisfy { $0["version"].count == 2 } ? true : nil
            }
            #expect(try await service.stop() == 0)
            // The sink has each bar's prediction once, whoever made it.
            let records = Tables.records(box)
            #expect(try records.number("SELECT count(*) - count(DISTINCT time || instrument) FROM predictions") == 0)
        }
    }
}
