import Testing

/// A reload that fails in its middle.
@Suite struct ReloadReversalTests {
    private static let manifest = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments: { us: [AAPL, IBM] }
        providers:
          one: { plugin: local_history, path: data, pace: 30ms, batch: 64 }
          two: { plugin: local_history, path: data, pace: 30ms, batch: 64 }
        routes:
          one: { from: [one] }
          two: { from: [two] }
        indicators:
          rsi14: { plugin: rsi, period: 14 }
        models: {}
        sinks:
          lines: { plugin: ndjson, path: lines, records: [features] }
          other: { plugin: ndjson, path: other, records: [bars] }
        pipelines:
          first: { instruments: [us], route: one, indicators: all, models: [], sinks: [lines] }
          second: { instruments: [us], route: two, indicators: [rsi14], models: [], sinks: [other] }

        """

    private func lastFeatures(_ box: Sandbox) throws -> JSON {
        let text = box.text("lines/features.ndjson")
        // The last line may be half written.
        guard let line = text.split(separator: "\n").dropLast().last else { return .null }
        return try JSON(parsing: String(line))["features"]
    }

    /// The second pipeline cannot take its new sink, because the table of watermarks is gone; the first one goes back.
    @Test func aPipelineThatWasSwappedGoesBackWhenALaterOneCannot() async throws {
        try await Sandbox.with(Self.manifest) { box in
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("features are written", or: { child.trace }) {
                try lastFeatures(box)["rsi14"] != .null ? () : nil
            }
            try await eventually("the table is gone", or: { child.trace }) {
                // The host holds the file while it writes.
                try? Tables.state(box).execute("DROP TABLE watermarks")
            }
            try box.edit("  rsi14: {", "  rsi7: { plugin: rsi, period: 7 }\n  rsi14: {")
            try box.edit("  other: {", "  added: { plugin: csv, path: added, records: [bars] }\n  other: {")
            try box.edit("sinks: [other]", "sinks: [other, added]")
            let reload = try await box.run("reload", "--json")
            #expect(reload.code == 1, "\(reload.out)\(reload.err)")
            #expect(try JSON(parsing: reload.out)["outcome"].text == "failed", "\(reload.out)")
            #expect(try service.json("/api/v2/config")["revision"].number == 1)
            let count = box.text("lines/features.ndjson").count { $0 == "\n" }
            try await eventually("the first pipeline goes on", or: { child.trace }) {
                box.text("lines/features.ndjson").count { $0 == "\n" } > count + 100 ? () : nil
            }
            let features = try lastFeatures(box)
            #expect(features["rsi14"] != .null && features["rsi7"] == .null, "\(features)")
            child.signal(15)
            _ = try await child.exitCode()
        }
    }
}
