import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// Adjusted prices out of the store, as of a date.
@Suite struct AdjustedBarsTests {
    let folder: TemporaryFolder
    let database: StateDatabase
    let table = InstrumentTable()

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: table)
    }

    private func store(_ events: EventBatch, arrival: Int64? = nil) async throws {
        try await database.store([
            StoreEntry(
                pipeline: "main", timeframe: daily, provenance: Provenance(source: "history"), events: events,
                arrival: arrival)
        ])
    }

    private func closes(
        _ adjusted: PriceAdjustment, asOf: Int64 = .max, range: ClosedRange<Int64> = anyTime
    ) async throws -> [Double] {
        let query = EventQuery(instrument: apple, timeframe: daily, range: range, asOf: asOf)
        return try await database.bars(query, adjusted: adjusted).map(\.bar.close)
    }

    private func split(_ number: Int, announced: Int, ratio: Double) -> Factor {
        Factor(
            time: Int64(number) * day - day / 2, announced: Int64(announced) * day, ratio: ratio, cash: 0.5,
            instrument: table.intern(apple))
    }

    @Test func laterFactsChangeNoResultAsOfADate() async throws {
        let id = table.intern(apple)
        try await store(.bars(makeBars(id, days: 0..<100)))
        try await store(.factors([split(40, announced: 30, ratio: 2)]))
        var before: [[Double]] = []
        let kinds = PriceAdjustment.allCases
        for kind in kinds { before.append(try await closes(kind, asOf: 99 * day)) }
        #expect(before[1] != before[0] && before[1] != before[2] && before[3] != before[2])
        // A split announced later, bars that came later, and a correction.
        try await store(.factors([split(70, announced: 120, ratio: 3)]))
        try await store(.bars(makeBars(id, days: 100..<130)), arrival: 130 * day)
        try await store(.bars(makeBars(id, days: 50..<51, shift: 7)), arrival: 131 * day)
        for (kind, expected) in zip(kinds, before) {
            #expect(try await closes(kind, asOf: 99 * day) == expected, "\(kind)")
            #expect(try await closes(kind) != expected)
        }
    }

    @Test func chunksJoin() async throws {
        try await store(.bars(makeBars(table.intern(apple), days: 0..<100)))
        try await store(.factors([split(40, announced: 30, ratio: 2), split(70, announced: 60, ratio: 0.1)]))
        for kind in PriceAdjustment.allCases {
            let whole = try await closes(kind)
            var joined: [Double] = []
            for start in [0, 33, 66] {
                joined += try await closes(
                    kind, range: Int64(start) * day...(start == 66 ? 99 : Int64(start) + 32) * day)
            }
            #expect(joined == whole && whole.count == 100)
        }
    }

    @Test func adjustedPricesAreNotAdjustedAgain() async throws {
        let bars = makeBars(table.intern(apple), days: 0..<3).map { bar in
            var bar = bar
            bar.flags.insert(.adjusted)
            return bar
        }
        try await store(.bars(bars))
        let error = await fault { try await closes(.hfq) }
        #expect(error?.code == .badRequest && error?.message.contains("adjusted by their provider already") == true)
        #expect(try await closes(.raw).count == 3)
    }
}
