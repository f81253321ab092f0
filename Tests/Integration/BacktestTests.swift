import GRDB
import TestSupport
import Testing

/// `penstock backtest` as a user has it, over the bars that ship.
@Suite struct BacktestTests {
    @Test func aCrossOfAveragesNeedsNoModel() async throws {
        try await Sandbox.with { box in
            let words = ["--sma-cross", "10/30", "--set", "shares=100", "--html", "a.html", "--fills", "a.csv"]
            let first = try await Self.backtest(box, words)
            #expect(first.code == 0, "\(first)")
            #expect(
                first.out.contains("strategy/sma_cross: threshold by sma(10) - sma(30), 2000-04-11 ... 2013-03-01"),
                "\(first.out)")
            #expect(first.out.contains("buy and hold") && first.out.contains("equal weight"), "\(first.out)")
            let page = box.text("a.html")
            #expect(
                page.contains("<svg") && !page.contains("<script") && !page.contains("http"), "it needs nothing else")
            let fills = box.text("a.csv")
            let rows = fills.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
            #expect(rows.count > 100 && rows.allSatisfy { $0[0] < $0[1] }, "filled after it was decided")
            let stored = box.text("var/backtests/sma_cross.json")
            // The same again, to the bit, and no further try.
            let second = try await Self.backtest(box, words)
            #expect(
                second.code == 0 && box.text("a.csv") == fills && box.text("var/backtests/sma_cross.json") == stored)
            let report = try JSON(parsing: stored)
            #expect(report["tries"].number == 1 && report["fills"].number == Double(rows.count))
            // Another configuration is one.
            let third = try await Self.backtest(box, ["--sma-cross", "20/50", "--json"])
            let line = try #require(try JSON.lines(third.out).last)
            #expect(line["event"].text == "backtested" && line["backtest"]["tries"].number == 2, "\(third)")
        }
    }

    @Test func predictionsAreThoseOfFoldsThatHadNotSeenTheBar() async throws {
        try await Sandbox.with(SmallManifest.text + Self.strategies) { box in
            let run = try await Self.backtest(box, ["s1", "--json"])
            #expect(run.code == 0, "\(run)")
            let report = try #require(try JSON.lines(run.out).last)["backtest"]
            let begin = try #require(report["from"].text)
            // The first fold serves from the second sixth of the time on; before it nothing was decided.
            #expect(begin > "2002-03-01" && begin < "2002-07-01", "\(begin)")
            #expect((report["fills"].number ?? 0) > 10)
            // What was known is what the store has of the model: the first decision is at its first prediction.
            #expect(try await box.run("run", "--once").code == 0)
            let sql = "SELECT date(min(time) / 1000000000, 'unixepoch') FROM predictions_rows"
            let first = try #require(try Tables.records(box).texts(sql).first)
            #expect(first.hasPrefix(begin), "\(first) \(begin)")
        }
    }

    /// One path: what a running host has stored makes the account that the back-test makes, before and after a restart.
    @Test func thePaperAccountIsThatOfTheBacktest() async throws {
        try await Sandbox.with(
            SmallManifest.text + Self.strategies + "  crossing: { from: rsi14, rule: threshold, enter: 60, exit: 40 }\n"
        ) {
            box in
            let run = try await Self.backtest(box, ["--json"])
            let lines = try JSON.lines(run.out).filter { $0["event"].text == "backtested" }.map { $0["backtest"] }
            #expect(run.code == 0 && lines.count == 2, "\(run.err)")
            for _ in 0..<2 {
                let service = try await box.service()
                let all = try service.json("/api/v2/strategies")
                #expect(
                    all["count"].number == 2
                        && all["strategies"].items.map { $0["strategy"].text } == ["s1", "crossing"])
                for (account, report) in zip(all["strategies"].items, lines) {
                    #expect(
                        account["equity"] == report["equity"] && account["fill_count"] == report["fills"], "\(account)")
                    #expect(
                        account["through"].text == "2013-03-01T21:00:00Z"
                            && Double(account["fills"].items.count) == min(100, account["fill_count"].number ?? -1))
                }
                let own = try service.json("/api/v2/strategies/s1")
                let held = own["positions"].items.reduce(own["cash"].number ?? 0) { $0 + ($1["value"].number ?? 0) }
                #expect(abs(held - (own["equity"].number ?? 0)) < 1e-6)
                #expect(try HTTP.get("/api/v2/strategies/s2", port: service.port).status == 404)
                try await service.stop()
            }
        }
    }

    @Test func aSweepIsAGrid() async throws {
        try await Sandbox.with { box in
            let run = try await Self.backtest(box, ["--sma-cross", "5,10/30,60", "--sweep", "rebalance=1,5"])
            #expect(
                run.code == 0 && run.out.contains("8 runs; 'more than luck' takes off that the best of 8 tries"),
                "\(run)")
            #expect(run.err.contains("backtest: 8 of 8 runs"), "\(run.err)")
        }
    }

    @Test(arguments: [
        (["s1"], 2, "has no strategy. Write strategies:"), (["--sma-cross", "10"], 2, "'--sma-cross' is '10'"),
        (["--sma-cross", "10/30", "--set", "k"], 2, "'--set' is 'k'; allowed KEY=VALUE"),
        (["--sma-cross", "10/30", "--set", "kk=1"], 2, "there is no 'kk'"),
        (["--sma-cross", "10/30", "--sweep", "enter=a,b"], 2, "'enter' is 'a'"),
        (["--sma-cross", "10/30", "--pipeline", "man"], 2, "'--pipeline' is man; allowed one of main"),
        (["--sma-cross", "10/30", "--set", "from=sma("], 2, "sma("),
        (["--sma-cross", "10/30", "--from", "soon"], 2, "'--from' is 'soon'"),
        (["--sma-cross", "10/30", "--from", "2030-01-01"], 1, "there is no bar of its instruments in that time"),
        (["--sma-cross", "10/4000"], 1, "has no value at any bar"),
    ])
    func whatCannotBeRunIsSaid(_ words: [String], _ code: Int32, _ message: String) async throws {
        try await Sandbox.with { box in
            let run = try await Self.backtest(box, words)
            #expect(run.code == code && run.err.contains(message), "\(run)")
        }
    }

    private static let strategies = """
        strategies:
          s1: { from: next_day, rule: top_k, k: 1, rebalance: 5 bars, capital: 100000 }

        """

    private static func backtest(
        _ box: Sandbox, _ words: [String]
    ) async throws -> (code: Int32, out: String, err: String) {
        let child = try box.start(["backtest"] + words)
        return (try await child.exitCode(), child.out, child.err)
    }
}

/// Strategies over 26 real A-shares: whatever is filled could have been.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct BacktestRealTests {
    private static let manifest = """
        version: 1
        instruments:
          shares: ["600000.SH", "600036.SH", "600519.SH", "600887.SH", "601318.SH", "000001.SZ", "000002.SZ", "000725.SZ", "300059.SZ"]
        providers:
          shares:
            plugin: local_history
            path: \(Repository.market)/qbot_a_share_daily
            volume_unit: lots
            amount_unit: 1000
            columns: { symbol: ts_code }
        routes: { daily: { from: [shares] } }
        indicators: { ret5: { plugin: rate_of_change, period: 5 } }
        sinks:
          keep: { plugin: sqlite, path: var/records.db, records: [bars] }
        pipelines: { main: { instruments: all, route: daily } }
        strategies:
          rising:
            from: ret5
            rule: top_k
            k: 3
            capital: 100000
            execution: { spread: 0, participation: 0.0001 }

        """

    @Test func nothingIsFilledThatCouldNotHaveBeen() async throws {
        try await Sandbox.empty { box in
            try box.write(Self.manifest, to: "plugins.yaml")
            let run = try await box.run("backtest", "--fills", "fills.csv")
            #expect(run.code == 0, "\(run)")
            #expect(try await box.run("run", "--once").code == 0)
            let records = Tables.records(box)
            var bars: [String: [Double]] = [:]
            let sql =
                "SELECT instrument, strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000000, 'unixepoch') AS at, open, high, low, volume FROM bars"
            for row in try records.rows(sql) {
                bars["\(row["instrument"] as String) \(row["at"] as String)"] = [
                    row["open"], row["high"], row["low"], row["volume"],
                ]
            }
            var (held, day, bought): ([String: Double], [String: Substring], [String: Double]) = ([:], [:], [:])
            let fills = box.text("fills.csv").split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
            #expect(fills.count > 1_000)
            for fill in fills {
                let (name, quantity, price) = (
                    String(fill[2]), try #require(Double(fill[4])), try #require(Double(fill[5]))
                )
                let bar = try #require(bars["\(name) \(fill[1])"])
                #expect(price == bar[0] && bar[3] > 0 && quantity <= bar[3] * 0.0001 + 1e-6, "\(fill)")
                if fill[3] == "buy" {
                    #expect(quantity.truncatingRemainder(dividingBy: 100) == 0, "\(fill)")
                    bought[name] = (day[name] == fill[1] ? bought[name] ?? 0 : 0) + quantity
                    day[name] = fill[1]
                    held[name, default: 0] += quantity
                } else {
                    let today = day[name] == fill[1] ? bought[name] ?? 0 : 0
                    #expect(quantity <= held[name, default: 0] - today, "\(fill)")
                    held[name, default: 0] -= quantity
                }
            }
        }
    }
}
