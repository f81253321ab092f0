import PluginKit
import PostgresSink
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: PostgresServer.programs != nil, "\(PostgresServer.missing)")) struct PostgresTests {
    let folder: TemporaryFolder
    private static let shared = Result { try PostgresServer() }

    init() throws {
        folder = try TemporaryFolder()
        try server().query("DROP SCHEMA IF EXISTS penstock CASCADE")
    }

    private func server() throws -> PostgresServer { try Self.shared.get() }

    private func sink(_ more: [String: ConfigurationValue] = [:]) throws -> Postgres {
        let options = options(Postgres.self, try server().options.merging(more) { _, new in new })
        #expect(Postgres.validate(options).isEmpty)
        return try Postgres(options, context: Recorder().context(in: folder))
    }

    private func counts() throws -> [String] {
        try ["bars", "features", "predictions", "alerts", "status", "trades", "figures"].map {
            try server().query("SELECT count(*) FROM penstock.\($0)")?.first ?? "none"
        }
    }

    private let contents: [RecordBatch.Content] = [
        .bars(makeBars(0..<5)), .features(makeFeatures(0..<4)),
        .predictions(makePredictions(0..<3, outputs: ["value", "variance"])),
        .predictions(makePredictions(0..<3, model: "b")),
        .alerts([alert]), .status([status]),
        .trades([Self.trade(1), Self.trade(1), Self.trade(2)]),
        .figures([
            Figure(time: march + 1, periodEnd: march - 1, value: 3, name: .unnamed, instrument: apple),
            Figure(time: march + 2, periodEnd: march - 1, value: 4, name: .unnamed, instrument: apple),
        ]),
    ]

    private static func trade(_ price: Double) -> Trade {
        Trade(time: march, price: price, size: 100, side: .buy, instrument: apple)
    }

    /// Writes everything and flushes once.
    private func fill(_ sink: Postgres, sequence: UInt64 = 7) async throws {
        for content in contents {
            let places: [UInt32] = content.rows is [Trade] ? [0, 1, 2] : []
            let receipt = try await sink.write(batch(content, sequence: sequence, places: places))
            #expect(receipt.rejected.isEmpty && receipt.retry.isEmpty)
        }
        try await sink.flush()
    }

    @Test func keepsARecordOnceHoweverOftenItComes() async throws {
        for round in 0..<3 {
            let sink = try sink()
            try await sink.probe()
            #expect(await sink.isEmpty == (round == 0))
            try await fill(sink, sequence: UInt64(round))
            #expect(try counts() == ["5", "4", "6", "1", "1", "3", "2"])
            // A run numbers its batches anew: a row that says nothing else is not written again.
            #expect(try server().query("SELECT DISTINCT sequence FROM penstock.bars") == ["0"])
            await sink.stop()
            await sink.stop()
        }
    }

    @Test func rowsCanBeAskedForByName() async throws {
        let sink = try sink()
        try await fill(sink)
        let found = try server().query(
            """
            SELECT p.time AT TIME ZONE 'UTC', p.instrument, p.value, p.flags, p.variance, f."macd.signal", f.rsi14 IS NULL,
                b.close, b.amount IS NULL, b.source, f.place
            FROM penstock.predictions p JOIN penstock.features f USING (pipeline, instrument, timeframe, time)
                JOIN penstock.bars b USING (pipeline, instrument, timeframe, time)
            WHERE p.model = 'next_day' ORDER BY p.time LIMIT 1
            """)
        #expect(
            found == ["2013-03-01 21:00:00|AAPL.US|0.00123|stale after_rejected|0.25|0.5|t|430.47|t|history|0"])
        let exact = try server().query("SELECT time, time_ns, period_end_ns FROM penstock.figures ORDER BY time_ns")
        #expect(exact == ["2013-03-01 21:00:00+00|1|999", "2013-03-01 21:00:00+00|2|999"])
        await sink.stop()
    }

    @Test func theLastOfEachIdentityIsKept() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.bars(makeBars(0..<2))))
        _ = try await sink.write(batch(.bars(makeBars(0..<1, shift: 5) + makeBars(0..<1, shift: 9)), source: "another"))
        try await sink.flush()
        #expect(
            try server().query("SELECT open, source FROM penstock.bars ORDER BY time") == [
                "439|another", "431|history",
            ])
        _ = try await sink.write(batch(.bars(makeBars(1..<2, shift: 5)), sequence: 9))
        try await sink.flush()
        #expect(try server().query("SELECT open, sequence FROM penstock.bars ORDER BY time") == ["439|7", "436|9"])
        await sink.stop()
    }

    /// New rows are copied into the table; among them some that are there, once and again behind the flushes that are merged.
    @Test func rowsThatAreThereAreMergedAmongNewOnes() async throws {
        let sink = try sink()
        for flush in 0..<40 {
            let isAgain = flush % 19 == 18
            let bars = makeBars(flush * 2..<flush * 2 + 2) + (isAgain ? makeBars(0..<1, shift: Double(flush)) : [])
            _ = try await sink.write(batch(.bars(bars), sequence: UInt64(flush)))
            try await sink.flush()
        }
        #expect(try server().query("SELECT count(*), count(DISTINCT time) FROM penstock.bars") == ["80|80"])
        #expect(try server().query("SELECT sequence FROM penstock.bars ORDER BY time LIMIT 2") == ["37", "0"])
        await sink.stop()
    }

    @Test func featuresThatComeLaterAreColumnsMore() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.features(makeFeatures(0..<2, names: ["a", "close"]))))
        try await sink.flush()
        _ = try await sink.write(batch(.features(makeFeatures(2..<3, names: ["a", "close"]))))
        _ = try await sink.write(batch(.features(makeFeatures(1..<3, names: ["a", "price"]))))
        try await sink.flush()
        let found = try server().query("SELECT close, \"features.price\" FROM penstock.features ORDER BY time")
        #expect(found == ["0.5|", "|1.5", "|2.5"])
        let long = makeFeatures(0..<1, names: [String(repeating: "a", count: 64)])
        _ = try await sink.write(batch(.features(long)))
        let error = await fault { try await sink.flush() }
        #expect(error?.code == .configuration && error?.message.contains("allowed are 63 bytes") == true)
        await sink.stop()
    }

    @Test func monthsAreParts() async throws {
        let sink = try sink(["partition": .text("month")])
        _ = try await sink.write(batch(.bars(makeBars(0..<40) + makeBars(-400 ..< -399))))
        try await sink.flush()
        _ = try await sink.write(batch(.bars(makeBars(30..<70))))
        try await sink.flush()
        let parts = try server().query(
            "SELECT tableoid::regclass, count(*) FROM penstock.bars GROUP BY 1 ORDER BY min(time)")
        #expect(
            parts == [
                "penstock.bars_2012_01|1", "penstock.bars_2013_03|31", "penstock.bars_2013_04|30",
                "penstock.bars_2013_05|9",
            ])
        await sink.stop()
        let whole = try self.sink()
        _ = try await whole.write(batch(.bars(makeBars(0..<1))))
        let error = await fault { try await whole.flush() }
        #expect(error?.code == .configuration && error?.message.contains("Set 'partition' to month") == true)
        await whole.stop()
    }

    @Test func whatCannotBeStoredIsRefusedByRow() async throws {
        var bars = makeBars(0..<4)
        (bars[1].close, bars[2].volume) = (.nan, .infinity)
        let sink = try sink()
        let receipt = try await sink.write(batch(.bars(bars)))
        let odd = Alert(time: march, rule: "a\0b", severity: .info, instrument: nil, message: "none")
        let other = try await sink.write(batch(.alerts([odd, alert])))
        try await sink.flush()
        #expect(receipt.rejected == [.init(row: 1, reason: "missing_number")])
        #expect(other.rejected == [.init(row: 0, reason: "nul_character")])
        #expect(
            try server().query("SELECT volume FROM penstock.bars ORDER BY time") == [
                "19730000", "Infinity", "19730000",
            ])
        #expect(try server().query("SELECT count(*) FROM penstock.alerts") == ["1"])
        await sink.stop()
    }
}
