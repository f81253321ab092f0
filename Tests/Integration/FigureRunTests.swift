import FoundationEssentials
import TestSupport
import Testing

/// Statements and dividends beside real days, through the program. The statements are a company's own, published as late as
/// the law allows; the dividends are those that Lean's factors say.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct FigureRunTests {
    private static let manifest = """
        version: 1
        instruments: { search: [GOOG], machines: [IBM] }
        providers:
          days: { plugin: local_history, path: \(Repository.market)/lean/daily, preset: lean }
          statements: { plugin: local_history, path: statements }
          dividends: { plugin: local_history, path: dividends }
        routes:
          days: { from: [days] }
          statements: { from: [statements] }
          dividends: { from: [dividends] }
        indicators:
          eps: { plugin: figure, item: eps }
          sales: { plugin: figure, item: revenue }
          close: { expr: close }
          pe: { derive: price / known.eps }
        sinks:
          files: { plugin: ndjson, path: out, records: [features] }
        pipelines:
          value:
            instruments: [search]
            route: days
            inputs:
              known: { kind: figure, route: statements, indicators: [eps, sales], max_age: 20d }
          income:
            instruments: [machines]
            route: days
            indicators: []
            inputs:
              paid: { kind: factor, route: dividends, fields: [cash] }

        """

    private static func lines(_ path: String) throws -> [[String]] {
        try String(contentsOf: URL(filePath: "\(Repository.market)/\(path)"), encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// Annual figures of Alphabet, public 60 days after the year that they are about, and a row that cannot be.
    private static func statements() throws -> String {
        let rows = try lines("financetoolkit/GOOGL_income.csv")
        var text = "published,period_end,name,value\n"
        for (item, name) in [("DilutedEPS", "eps"), ("TotalRevenue", "revenue")] {
            let row = try #require(rows.first { $0.first == item })
            for (end, value) in zip(rows[0], row).dropFirst().reversed() where !value.isEmpty {
                let year = (Int(end.prefix(4)) ?? 0) + 1
                text += "\(year)-03-01,\(end),\(name),\(value)\n"
            }
        }
        let sorted = text.split(separator: "\n").dropFirst().sorted()
        return "published,period_end,name,value\n2020-12-30,2020-12-31,eps,2.9305\n" + sorted.joined(separator: "\n")
    }

    /// A factor of a day is what its close loses over night: `close * (1 - factor / next factor)` is paid.
    private static func dividends() throws -> (text: String, count: Int) {
        let rows = try lines("lean/factor_files/ibm.csv")
        var paid: [String] = []
        for (row, next) in zip(rows, rows.dropFirst()) {
            let numbers = try [row[1], next[1], row[2], next[2], row[3]].map { try #require(Double($0)) }
            let cash = numbers[4] * (1 - numbers[0] / numbers[1])
            guard cash > 0.001, numbers[2] == numbers[3] else { continue }
            let day = try #require(Int(row[0].suffix(2)))
            // The day after may be no trading day: then it holds from the next one on.
            paid.append("\(row[0].prefix(4))-\(row[0].dropFirst(4).prefix(2))-\(day < 28 ? day + 1 : day),\(cash)")
        }
        return ("ex_date,cash\n" + paid.joined(separator: "\n") + "\n", paid.count)
    }

    private static func rows(_ box: Sandbox, of pipeline: String) throws -> [JSON] {
        try JSON.lines(box.text("out/features.ndjson")).filter { $0["pipeline"].text == pipeline }
    }

    @Test func figuresAndDividendsStandBesideDays() async throws {
        let dividends = try Self.dividends()
        try await Sandbox.empty { box in
            try box.write(Self.manifest, to: "plugins.yaml")
            try box.makeFolder("statements")
            try box.makeFolder("dividends")
            try box.write(Self.statements(), to: "statements/GOOG.csv")
            try box.write(dividends.text, to: "dividends/IBM.csv")
            for _ in 0..<2 {
                let run = try await box.run("run", "--once")
                #expect(run.code == 0, "\(run.err)")
                // A second run finds all of it in the store and delivers nothing again.
                try Self.check(value: Self.rows(box, of: "value"))
                try Self.check(income: Self.rows(box, of: "income"), dividends.count)
            }
            let refused = try await box.run("quarantine", "list", "--json")
            #expect(refused.out.contains("published_before_period_end"), "\(refused.out)")
        }
    }

    /// Public from the end of the first of March on, for twenty days.
    private static func check(value rows: [JSON]) throws {
        let known = rows.filter { $0["features"]["known.eps"].number != nil }
        #expect(known.map { $0["features"]["known.eps"].number } == Array(repeating: 2.9305, count: 14))
        #expect(known.first?["time"].text?.hasPrefix("2021-03-02") == true)
        #expect(known.allSatisfy { $0["features"]["pe"].number == ($0["features"]["close"].number ?? .nan) / 2.9305 })
        #expect(rows.count { $0["features"]["pe"].number != nil } == known.count)
        #expect(known.last?["time"].text?.hasPrefix("2021-03-19") == true)
        #expect(known.first?["features"]["known.eps.age"].number == 57_600)
        #expect(rows.last?["time"].text?.hasPrefix("2021-03-31") == true)
        // Too old: the age still says how old.
        #expect(rows.last?["features"]["known.eps.age"].number ?? 0 > 20 * 86_400)
        // No revenue of that year in the file, and what is published later is nowhere.
        #expect(rows.allSatisfy { $0["features"]["known.sales"].number == nil })
        #expect(Set(rows.map { $0["time"].text }).count == rows.count && rows.count > 4_000)
    }

    private static func check(income rows: [JSON], _ count: Int) throws {
        let first = try #require(rows.first { $0["features"]["paid.cash"].number != nil })
        #expect(first["time"].text?.hasPrefix("1998-02-06") == true)
        #expect(abs((first["features"]["paid.cash"].number ?? 0) - 0.2) < 0.001)
        let changes = zip(rows, rows.dropFirst()).count {
            $1["features"]["paid.age"].number ?? 0 < $0["features"]["paid.age"].number ?? .infinity
        }
        #expect(count > 80 && changes >= count - 1, "\(changes) of \(count)")
    }
}
