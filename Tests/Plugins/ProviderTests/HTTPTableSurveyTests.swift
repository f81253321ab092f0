import HTTPTableProvider
import PluginKit
import Synchronization
import TestSupport
import Testing

/// What the rows of an answer say against how they are read, or for another reading.
struct HTTPTableSurveyTests {
    /// Reads CSV; returns the bars and what was told of the source.
    private func read(
        _ dates: [String], _ options: [String: ConfigurationValue] = [:], timeframe: Timeframe = Timeframe(1, .day),
        amount: (Double) -> Double = { $0 }, requests: Int = 1
    ) async throws -> (reply: Reply, told: [String]) {
        let rows = dates.enumerated().map { "\($1),10,11,9,10,\(100 + $0),\(amount(10 * Double(100 + $0)))" }
        let text = (["time,open,high,low,close,volume,amount"] + rows).joined(separator: "\n") + "\n"
        let server = try ReplayServer(.any(.init(text)))
        let told = Mutex<[String]>([])
        let values: [String: ConfigurationValue] = ["url": .text(server.url + "/"), "format": .text("csv")]
        let table = try instance(HTTPTable.self, values.merging(options) { $1 }) { level, _, data in
            if level == .warning { told.withLock { $0 += data.values } }
        }
        var reply = Reply(events: [Bar]())
        for _ in 0..<requests { reply = try await table.fetch(FetchRequest(.bar, ["IBM.US"], timeframe)) }
        return (reply, told.withLock { $0 })
    }

    private func fault(_ dates: [String], timeframe: Timeframe = Timeframe(1, .day)) async -> PluginError? {
        do {
            _ = try await read(dates, timeframe: timeframe)
            return nil
        } catch { return error as? PluginError }
    }

    @Test func datesThatOnlyFitWithTheDayFirstRefuseTheAnswer() async throws {
        let fault = await fault(["11/03/2013", "12/03/2013", "13/03/2013"])
        #expect(fault?.code == .malformed)
        #expect(
            fault?.message.contains(
                "'IBM.US' has dates that only fit with the day first ('13/03/2013'), and time_format: auto reads the month first. "
                    + "Set time_format: d/M/yyyy.") == true, "\(fault?.message ?? "")")
    }

    @Test func datesThatFitBothWaysAreToldOnceAndThoseThatFitOneAreNot() async throws {
        let dates = ["01/03/2013", "02/03/2013", "03/03/2013"]
        let (_, told) = try await read(dates, requests: 3)
        #expect(told.count { $0.contains("could be month first or day first") } == 1, "\(told)")
        let named = try await read(dates, ["time_format": .text("d/M/yyyy")])
        let clear = try await read(["03/11/2013", "03/12/2013", "03/13/2013"])
        #expect(named.told.isEmpty && clear.told.isEmpty, "\(named.told) \(clear.told)")
        #expect(clear.reply.batch.count == 3)
    }

    @Test func barsOfAShorterSpanRefuseTheAnswer() async throws {
        let minutes = (31...39).map { "2013-03-01 09:\($0):00" }
        let fault = await fault(minutes)
        #expect(
            fault?.message.contains("'IBM.US' looks like bars of 1m, and bars of 1d are asked of it.") == true,
            "\(fault?.message ?? "")")
        #expect(await self.fault(minutes, timeframe: Timeframe(1, .minute)) == nil)
    }

    @Test func barsOfALongerSpanAreTold() async throws {
        let (reply, told) = try await read(["2013-03-01", "2013-03-08", "2013-03-15", "2013-03-22"])
        #expect(reply.batch.count == 4)
        #expect(told.count == 1 && told[0].contains("looks like bars of 1w"), "\(told)")
    }

    @Test func weeksThatAreDatedOnMondaysAreTold() async throws {
        let mondays = ["2013-03-04", "2013-03-11", "2013-03-18", "2013-03-25"]
        let week = Timeframe(1, .week)
        let (_, told) = try await read(mondays, timeframe: week)
        #expect(told.count == 1 && told[0].hasSuffix("Set time_is: start."), "\(told)")
        #expect(try await read(mondays, ["time_is": .text("start")], timeframe: week).told.isEmpty)
        #expect(try await read(["2013-03-08", "2013-03-15", "2013-03-22"], timeframe: week).told.isEmpty)
    }

    @Test func amountsInAnotherUnitAreTold() async throws {
        let days = ["2013-03-01", "2013-03-04", "2013-03-05"]
        let (_, told) = try await read(days) { $0 * 100 }
        #expect(told.count == 1 && told[0].hasSuffix("It looks like volume_unit: lots."), "\(told)")
        #expect(try await read(days, ["volume_unit": .text("lots")], amount: { $0 * 100 }).told.isEmpty)
    }

    /// Rows that are too far from each other in order to be judged by their steps, and yet of one day.
    @Test func barsThatGiveWayToOthersOfTheirTimeAreADefect() async throws {
        let dates = ["2013-03-01", "2013-03-04", "2013-03-05", "2013-03-06"]
        let (reply, _) = try await read(dates + dates)
        #expect(reply.batch.count == 4)
        #expect(reply.defects.map(\.reason) == ["same_time"])
        #expect(reply.defects.first?.message.hasPrefix("4 of 8 bars have the time of another one") == true)
        #expect(try await read(dates + ["2013-03-06"]).reply.defects.isEmpty)
    }
}
