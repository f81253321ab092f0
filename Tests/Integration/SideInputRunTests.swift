import TestSupport
import Testing

/// Trades with quotes and days beside them, from real recordings, through the program.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct SideInputRunTests {
    private static let lean = "\(Repository.market)/lean"

    /// - Parameter batch: events of a delivery of each provider.
    private static func manifest(batch: (ticks: Int, days: Int), more: String = "") -> String {
        """
        version: 1
        instruments: { us: [IBM] }
        providers:
          ticks:
            plugin: local_history
            path: \(lean)/tick
            preset: lean
            files: { trade: "{code}_{date}_trade.zip", quote: "{code}_{date}_quote.zip" }
            batch: \(batch.ticks)
        \(more)
          days: { plugin: local_history, path: \(lean)/daily, preset: lean, batch: \(batch.days) }
        routes:
          ticks: { from: [ticks] }
          days: { from: [days] }
        indicators:
          sma5: { plugin: sma, period: 5 }
        sinks:
          files: { plugin: ndjson, path: out, records: [features] }
        pipelines:
          tape:
            instruments: all
            kind: trade
            route: ticks
            inputs:
              quotes: { kind: quote, max_age: 5s, fields: [bid, ask] }
              days: { kind: bar, route: days, timeframe: 1d, max_age: 5d, fields: [close], indicators: [sma5] }

        """
    }

    /// The rows as text, without the number of the delivery they came with.
    private static func rows(_ box: Sandbox) throws -> [String] {
        try JSON.lines(box.text("out/features.ndjson")).map { row in
            let names = ["quotes.age", "quotes.bid", "quotes.ask", "days.age", "days.sma5", "days.close"]
            let numbers = names.map { name in "\(name)=\(row["features"][name].number.map { "\($0)" } ?? "none")" }
            return "\(row["time"].text ?? "") \(numbers.joined(separator: " "))"
        }
    }

    @Test(arguments: [(64, 7), (4_096, 1)]) func rowsAreTheSameHoweverFilesAreCut(
        batch: (ticks: Int, days: Int)
    ) async throws {
        var all: [[String]] = []
        for batch in [(1_024, 1_024), batch] {
            try await Sandbox.empty { box in
                try box.write(Self.manifest(batch: batch), to: "plugins.yaml")
                let run = try await box.run("run", "--once")
                #expect(run.code == 0, "\(run.err)")
                all.append(try Self.rows(box))
            }
        }
        #expect(all[0].count == 24_293)
        #expect(all[0] == all[1])
        // The first trade, the quote of the same millisecond, and the mean of five closes before it, from the raw files.
        let first = "quotes.age=0.0 quotes.bid=181.26 quotes.ask=181.8 days.age=216030.27 days.sma5=184.896"
        #expect(all[0].first?.contains(first) == true, "\(all[0].first ?? "")")
        #expect(all[0].first?.hasSuffix("days.close=184.1") == true, "\(all[0].first ?? "")")
    }

    /// Trades of Shanghai with the minutes of the same source beside them, and days that are built of these: however files are cut, and a
    /// row never has a day that is not over, or lacks one that is.
    @Test func tradesHaveTheMinutesAndDaysOfTheirVenueBesideThem() async throws {
        func manifest(_ batch: Int) -> String {
            """
            version: 1
            instruments: { one: [600000.SH] }
            providers:
              ticks:
                plugin: local_history
                path: \(Repository.market)/hikyuu
                preset: hikyuu
                files: { trade: "{venue}_trans.csv.gz" }
              minutes:
                plugin: local_history
                path: \(Repository.market)/hikyuu
                preset: hikyuu
                files: { bar: "{venue}_time_1m.csv.gz" }
                columns: { time: datetime, open: price, high: price, low: price, close: price, amount: none }
                date_format: yyyyMMddHHmm
                time_is: start
                batch: \(batch)
            routes: { ticks: { from: [ticks] }, minutes: { from: [minutes] } }
            sinks: { keep: { plugin: sqlite, path: var/records.db, records: [trades, features] } }
            pipelines:
              tape:
                instruments: all
                kind: trade
                route: ticks
                inputs:
                  minutes: { kind: bar, route: minutes, timeframe: 1m, max_age: 5m, fields: [close] }
                  days: { kind: bar, route: minutes, timeframe: 1d, shape: { from: bar, timeframe: 1m }, fields: [close] }

            """
        }
        // 2019-02-01 in Shanghai, where the close of the day before holds, and 2019-02-11 after the holidays.
        let wrong = """
            SELECT count(*) FROM features
            WHERE "days.close" IS NOT CASE WHEN time < 1549036800000000000 THEN 10.73 ELSE 10.77 END
            """
        var all: [[String]] = []
        for batch in [1_024, 1] {
            try await Sandbox.empty { box in
                try box.write(manifest(batch), to: "plugins.yaml")
                let run = try await box.run("run", "--once")
                // Five trades of that morning have no size.
                #expect(run.err.contains("non_positive_size 5"), "\(run.code) \(run.err)")
                all.append(try Tables.records(box).lines("features"))
                #expect(try Tables.records(box).count("features") == 6_218)
                #expect(try Tables.records(box).number(wrong) == 0)
            }
        }
        #expect(all[0] == all[1])
    }

    /// What trades paid and who started them, by the quote in force at each: as pandas joins and computes the same day
    /// (`Tests/Fixtures/Indicators/recordings.py`), however files are cut.
    @Test(arguments: [64, 4_096]) func tradesInTheirQuotesAreWhatPandasMakesOfThem(batch: Int) async throws {
        let indicators = """
              effective: { plugin: effective_spread }
              effective7: { plugin: effective_spread, period: 7 }
              lee: { plugin: lee_ready }
              lee7: { plugin: lee_ready, period: 7 }
              realized: { plugin: realized_spread }
              realized1: { plugin: realized_spread, after: 1, period: 1 }
              realized500: { plugin: realized_spread, after: 500, period: 60 }

            """
        let ids = [
            "effective_spread": "effective", "effective_spread?period=7": "effective7", "lee_ready": "lee",
            "lee_ready?period=7": "lee7", "realized_spread": "realized",
            "realized_spread?after=1&period=1": "realized1", "realized_spread?after=500&period=60": "realized500",
        ]
        try await Sandbox.empty { box in
            let text = Self.manifest(batch: (batch, 1_024)).replacing(", max_age: 5s", with: "")
            let place = try #require(text.firstRange(of: "sinks:")?.lowerBound)
            try box.write(text[..<place] + indicators + text[place...], to: "plugins.yaml")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let rows = try JSON.lines(box.text("out/features.ndjson")).map { $0["features"] }
            let lines = try Repository.text("Tests/Fixtures/Indicators/quoted.csv").split(separator: "\n")
            #expect(lines.count == 21 && rows.count == 24_293)
            for line in lines {
                let cells = line.split(separator: ",").map(String.init)
                let parts = cells[0].replacing("@lean", with: "").split(separator: "#").map(String.init)
                let name = "\(try #require(ids[parts[0]])).\(parts[1])"
                let first = try #require(Int(cells[1]))
                #expect(rows[first - 1][name].number == nil, "\(name): its first row")
                let values = cells[2...].compactMap { cell -> (row: Int, value: Double)? in
                    let pair = cell.split(separator: ":")
                    return Int(pair[0]).flatMap { row in Double(pair[1]).map { (row, $0) } }
                }
                let floor = 1e-3 * (values.map(\.value.magnitude).max() ?? 0)
                let wrong = values.filter { row, value in
                    let found = rows[row][name].number ?? .nan
                    return !(abs(found - value) <= 1e-9 * max(abs(value), floor))
                }
                #expect(values.count > 150 && wrong.isEmpty, "\(name): \(wrong.prefix(3))")
            }
        }
    }

    /// The minutes of the session out of its trades; their sums were computed apart from the raw file.
    @Test(arguments: [64, 4_096]) func minutesAreBuiltOfTradesOnce(batch: Int) async throws {
        try await Sandbox.empty { box in
            let text = Self.manifest(batch: (batch, 1_024))
            let pipelines = """
                pipelines:
                  built: { instruments: all, route: ticks, timeframe: 1m, shape: { from: trade }, indicators: [sma5], models: [] }

                """
            let start = try #require(text.firstRange(of: "pipelines:")?.lowerBound)
            try box.write(
                text[..<start].replacing("records: [features]", with: "records: [bars]") + pipelines, to: "plugins.yaml"
            )
            for _ in 0..<2 {
                let run = try await box.run("run", "--once")
                #expect(run.code == 0, "\(run.err)")
                // A second run builds the same and delivers none of it again.
                let bars = try JSON.lines(box.text("out/bars.ndjson"))
                #expect(bars.count == 390)
                #expect(bars.first?["close"].number == 182.15 && bars.last?["close"].number == 181.95)
                #expect(bars.last?["volume"].number == 225_025 && bars.last?["time"].text == "2013-10-07T20:00:00Z")
            }
        }
    }
}
