import TestSupport
import Testing

/// Ranks over 26 real A-shares, some of them suspended for months: a run that is killed anywhere gives the same.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct SectionCrashTests {
    private static let manifest = """
        version: 1
        host: { workers: 3 }
        instruments:
          north: ["600000.SH", "600036.SH", "600519.SH", "600887.SH", "601318.SH", "601398.SH"]
          south: ["000001.SZ", "000002.SZ", "000063.SZ", "000568.SZ", "000651.SZ", "000725.SZ", "000858.SZ", "300059.SZ"]
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
          ret20: { plugin: rate_of_change, period: 20 }
          r20: { cross: rank, of: ret20 }
          z20: { cross: zscore, of: ret20, by: [north, south], min: 3 }
        models:
          next: { plugin: ridge, target: { excess_return: 5 bars }, features: [ret20, r20, z20] }
          beyond: { plugin: online_linear, target: { excess_return: 5 bars }, features: [ret20, r20], forgetting: 0.99 }
          online: { plugin: online_linear, target: { return: 5 bars }, features: [ret20, r20], forgetting: 0.99 }
        sinks:
          lines: { plugin: ndjson, path: var/lines, records: [features] }
          keep: { plugin: sqlite, path: var/records.db, records: [bars, features, predictions, outcomes] }
        pipelines: { main: { instruments: all, route: daily } }

        """

    @Test func killedRunsCompareTheSameRows() async throws {
        try await Sandbox.empty { box in
            try box.write(Self.manifest, to: "plugins.yaml")
            func contents() throws -> [String] {
                try ["bars", "features", "predictions", "outcomes"].flatMap { try Tables.records(box).lines($0) }
                    + Tables.state(box).texts(Tables.learned)
            }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let whole = try contents()
            let records = Tables.records(box)
            // A rank lies in (0, 1], and of each day that has three returns one share is the first.
            let days = "SELECT count(*) FROM (SELECT time FROM features GROUP BY time HAVING max(r20) = 1)"
            let compared = "SELECT count(DISTINCT time) FROM features WHERE r20 IS NOT NULL"
            #expect(try records.number(days) == records.number(compared) && records.number(compared) > 2_500)
            // What came beyond the mean, once more by SQL, of days that no share has sat out.
            let checked = """
                WITH later AS (SELECT time, instrument, close, lead(close, 5) OVER own AS next, lead(time, 5) OVER own AS until,
                    row_number() OVER own AS place FROM bars WINDOW own AS (PARTITION BY instrument ORDER BY time)),
                means AS (SELECT time, avg(next / close - 1) AS mean, count(*) AS shares, max(until) AS last, min(until) AS first
                    FROM later WHERE place > 5 AND next IS NOT NULL GROUP BY time)
                SELECT count(*) FROM outcomes
                JOIN later ON later.time = predicted_at AND later.instrument = outcomes.instrument
                JOIN means ON means.time = predicted_at WHERE model = 'next' AND first = last AND shares > 1
                """
            #expect(try records.number(checked) > 5_000)
            #expect(try records.number(checked + " AND abs(actual - (next / close - 1 - mean)) > 1e-12") == 0)
            // What is learned by label was measured as what is only predicted.
            let same = """
                FROM outcomes AS one JOIN outcomes AS other USING (predicted_at, instrument) WHERE one.model = 'next'
                AND other.model = 'beyond'
                """
            #expect(try records.number("SELECT count(*) \(same)") > 25_000)
            #expect(try records.number("SELECT count(*) \(same) AND one.actual <> other.actual") == 0)
            try box.remove("var")
            // A day takes its time, so that no run ends before it is killed.
            try box.edit("batch: 7\n", "batch: 7\n    pace: 6ms\n")
            for rows in [10, 4_000, 12_345, 25_000] {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: "var/lines/features.ndjson", has: rows)
            }
            try box.edit("pace: 6ms", "pace: full")
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            let found = try contents()
            #expect(found.count == whole.count && found == whole)
            #expect(try Tables.state(box).number("SELECT max(version) FROM bars") == 1)
        }
    }
}
