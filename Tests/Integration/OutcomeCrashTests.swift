import TestSupport
import Testing

/// Outcomes of real A-shares, some of them suspended for months, and a model that learns from them: a run that is killed anywhere
/// gives the same.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct OutcomeCrashTests {
    private static let manifest = """
        version: 1
        host: { workers: 3 }
        instruments:
          shares: ["600000.SH", "600036.SH", "600519.SH", "000001.SZ", "000002.SZ", "000651.SZ", "000725.SZ", "300059.SZ"]
        providers:
          shares:
            plugin: local_history
            path: \(Repository.market)/qbot_a_share_daily
            volume_unit: lots
            amount_unit: 1000
            columns: { symbol: ts_code }
            batch: 7
        routes: { daily: { from: [shares] } }
        indicators:
          ret5: { plugin: rate_of_change, period: 5 }
          ret20: { plugin: rate_of_change, period: 20 }
        models:
          fixed: { plugin: ridge, target: { return: 5 bars }, features: [ret5, ret20], interval: 0.9 }
          online: { plugin: online_linear, target: { return: 5 bars }, features: [ret5, ret20], forgetting: 0.99, interval: 0.9 }
          swings: { plugin: ridge, target: { volatility: 10 bars }, features: [ret5, ret20] }
        sinks:
          lines: { plugin: ndjson, path: var/lines, records: [predictions] }
          keep: { plugin: sqlite, path: var/records.db, records: [bars, predictions, outcomes] }
        pipelines: { main: { instruments: all, route: daily } }

        """

    private static let stored = """
        SELECT model || ' ' || code || ' ' || predicted_at || ' ' || value || ' ' || ifnull(known_at, '-') || ' '
            || ifnull(actual, '-') FROM predictions JOIN outcome_series ON series = id ORDER BY 1
        """

    /// How many predictions with an interval became known, and the share of them within it.
    private static func covered(_ records: Tables, _ model: String) throws -> (rows: Int, share: Double) {
        let from = """
            FROM predictions JOIN outcomes ON outcomes.model = predictions.model AND predicted_at = predictions.time
                AND outcomes.instrument = predictions.instrument
            WHERE predictions.model = '\(model)' AND upper IS NOT NULL
            """
        let rows = try records.number("SELECT count(*) \(from)")
        let within = try records.number(
            "SELECT count(*) \(from) AND actual BETWEEN lower AND upper")
        return (rows, Double(within) / Double(rows))
    }

    @Test func killedRunsKnowAndLearnTheSame() async throws {
        try await Sandbox.empty { box in
            try box.write(Self.manifest, to: "plugins.yaml")
            func contents() throws -> [String] {
                try Tables.state(box).texts(Self.stored)
                    + ["bars", "predictions", "outcomes"].flatMap { try Tables.records(box).lines($0) }
            }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let whole = try contents()
            let records = Tables.records(box)
            for (model, horizon) in [("fixed", 5), ("online", 5), ("swings", 10)] {
                let predicted = try records.number("SELECT count(*) FROM predictions WHERE model = '\(model)'")
                let known = try records.number("SELECT count(*) FROM outcomes WHERE model = '\(model)'")
                // Those of the last bars wait, of each instrument as many as the horizon has bars.
                #expect(predicted > 5_000 && known == predicted - 8 * horizon)
                let open =
                    "SELECT count(*) FROM predictions JOIN outcome_series ON series = id "
                    + "WHERE model = '\(model)' AND known_at IS NULL"
                #expect(try Tables.state(box).number(open) == 8 * horizon)
            }
            // What came, once more by SQL: the close five bars later over that of the bar the prediction was made from.
            let off = """
                WITH later AS (SELECT time, instrument, close, lead(close, 5) OVER (PARTITION BY instrument ORDER BY time) AS next
                    FROM bars)
                SELECT count(*) FROM outcomes JOIN later ON later.time = predicted_at AND later.instrument = outcomes.instrument
                WHERE model <> 'swings' AND abs(actual - (next / close - 1)) > 1e-12
                """
            #expect(try records.number(off) == 0)
            for model in ["fixed", "online"] {
                let covered = try Self.covered(records, model)
                #expect(covered.rows > 5_000 && (0.88...0.92).contains(covered.share), "\(model): \(covered)")
            }
            try box.remove("var")
            for rows in [10, 3_000, 9_000, 20_000] {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: "var/lines/predictions.ndjson", has: rows)
            }
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            let found = try contents()
            #expect(found.count == whole.count && found == whole)
        }
    }
}
