import HostCore
import PluginKit
import Testing

/// Times, prices and volumes as a broken source may give them, through every stage.
@Suite struct ExtremeValueTests {
    private static let times: [Int64] = [
        .min, .min + 1, .min + day, -EventTimes.possible.upperBound, EventTimes.possible.lowerBound - 1,
        EventTimes.possible.lowerBound, -1, 0, 1, day, 2 * day, 3 * day, 200 * 365 * day,
        EventTimes.possible.upperBound, EventTimes.possible.upperBound + 1, .max - day, .max - 1, .max,
    ]
    private static let numbers: [Double] = [
        0, -0.0, 1, -1, 10, 11, .nan, .signalingNaN, .infinity, -.infinity, .leastNonzeroMagnitude,
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e300, 1e-300, 0x1p63, 9.3e18,
    ]

    private func bars(_ count: Int, _ random: inout Seeded) -> [Bar] {
        (0..<count).map { _ in
            func number() -> Double { Self.numbers.randomElement(using: &random) ?? 1 }
            var made = bar(Int.random(in: 0...5, using: &random), Int.random(in: 1...50, using: &random))
            made.close = number()
            if Bool.random(using: &random) { (made.open, made.high, made.low) = (made.close, made.close, made.close) }
            if Bool.random(using: &random) { made.time = Self.times.randomElement(using: &random) ?? 0 }
            if Bool.random(using: &random) { made.volume = number() }
            made.amount = number()
            made.flags = EventFlags(rawValue: UInt32.random(in: 0...UInt32.max, using: &random))
            if Int.random(in: 0..<50, using: &random) == 0 { made.instrument = InstrumentID(rawValue: .max) }
            return made
        }
    }

    @Test(arguments: 1...20) func noBarEndsAPipeline(seed: UInt64) async throws {
        var random = Seeded(seed)
        for isReplay in [true, false] {
            var rig = fullRig(workers: 1 + Int(seed % 3))
            rig.isReplay = isReplay
            rig.acceptedAge = [0, day, .max].randomElement(using: &random) ?? nil
            rig.wallTime = Self.times.randomElement(using: &random) ?? 0
            rig.through = Self.times.randomElement(using: &random) ?? .max
            let sink = RecordingSink()
            let given = deliveries(bars(400, &random), sizes: 1...40, seed: seed)
            let pipeline = rig.pipeline(
                ArrayProvider(given), [Rig.sink("keep", sink, records: Rig.allRecords)])
            try await pipeline.run()
            #expect(pipeline.snapshot.addsUp)
            #expect(sink.rows(.bars).allSatisfy { EventTimes.possible.contains($0.time) })
        }
    }

    @Test func anImpossibleTimeDoesNotMoveTheClockOfAReplay() async throws {
        var rig = fullRig()
        rig.acceptedAge = 2 * day
        var wrong = bar(0, 2)
        wrong.time = .max
        let sink = RecordingSink()
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([bar(0, 1), wrong, bar(0, 2), bar(0, 3)], 1)]), [Rig.sink("keep", sink)])
        try await pipeline.run()
        #expect(pipeline.snapshot.rejected == ["impossible_time": 1])
        #expect(sink.rows(.bars).count == 3)
        #expect(rig.latest.entries(id(0)).first?.event.flags.contains(.stale) == false)
    }

    @Test func anImpossibleTimeDoesNotEndAReplay() async throws {
        var rig = Rig()
        rig.through = 5 * day
        var wrong = bar(0, 2)
        wrong.time = .max
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([wrong], 1), delivery([bar(0, 1)], 2)]), [Rig.sink("keep", RecordingSink())])
        try await pipeline.run()
        #expect(pipeline.snapshot.accepted == 1)
        #expect(pipeline.snapshot.rejected == ["impossible_time": 1])
    }
}
