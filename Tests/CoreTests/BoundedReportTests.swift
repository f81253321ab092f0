import PluginKit
import Testing

@testable import HostCore

@Suite struct ReasonCountsTests {
    @Test func countsBeyondTheBoundAsOther() {
        var counts = ReasonCounts()
        for number in 0..<2_706 { counts["reason_\(number)", default: 0] += 1 }
        #expect(counts.total == 2_706)
        #expect(counts.values.count == ReasonCounts.limit + 1)
        #expect(counts[ReasonCounts.other] == 2_706 - ReasonCounts.limit)
        counts["reason_3", default: 0] += 1
        #expect(counts["reason_3"] == 2)
    }

    @Test(arguments: ["", "With Space", "a-b", String(repeating: "x", count: 65), "a\nb", "é", "\u{1B}[31m"])
    func aTextThatIsNoReasonIsOther(text: String) {
        var counts = ReasonCounts()
        counts[text, default: 0] += 3
        #expect(counts == ["other": 3])
    }

    @Test func aSinksReasonsAreBounded() async throws {
        let sink = RecordingSink(answer: { _, batch in
            WriteReceipt(
                rejected: (0..<batch.count).map {
                    WriteReceipt.Rejection(
                        row: $0, reason: String(repeating: "y", count: 100_000) + "\(batch.sequence)-\($0)")
                })
        })
        let bars = walks(instruments: 2, days: 60, seed: 3)
        let pipeline = Rig().pipeline(
            ArrayProvider(deliveries(bars, sizes: 5...5, seed: 1)), [Rig.sink("keep", sink)])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        #expect(pipeline.snapshot.sinks[0].refused == [ReasonCounts.other: bars.count] as ReasonCounts)
    }
}

@Suite struct RefusalLogTests {
    private func log() -> RefusalLog {
        let table = InstrumentTable()
        _ = table.intern(Instrument(code: "A", venue: "TEST"))
        return RefusalLog(pipeline: "main", provenance: Provenance(source: "s"), instruments: table)
    }

    @Test func describesTheFirstThousandOfAKindAndCountsTheRest() {
        var log = log()
        for number in 0..<5_000 {
            log.add(Defect(instrument: id(0), place: "a.csv:\(number)", reason: "missing", message: "m", raw: "r"))
        }
        #expect(log.rows.count == RefusalLog.limit)
        #expect(log.omitted == 5_000 - RefusalLog.limit)
        log.begin()
        #expect(log.rows.isEmpty && log.omitted == 0)
        log.add(Defect(instrument: id(0), place: "a.csv:9", reason: "other_kind", message: "m", raw: "r"))
        log.add(Defect(instrument: nil, place: "b.csv:9", reason: "missing", message: "m", raw: "r"))
        #expect(log.rows.count == 2)
    }

    @Test func foreignTextIsCutAndCannotSteerATerminal() {
        var log = log()
        let long = String(repeating: "z", count: 100_000)
        log.add(Defect(instrument: nil, place: "\u{1B}[2J" + long, reason: long, message: "a\nb" + long, raw: long))
        let row = log.rows[0]
        #expect(row.place.count < 250 && !row.place.contains("\u{1B}"))
        #expect(row.reason.count < 70)
        #expect(row.message.hasPrefix("a\\nb") && row.message.count < 2_100)
        #expect(row.raw.count == 200)
    }
}
