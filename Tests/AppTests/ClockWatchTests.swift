import Testing

@testable import HostApp

@Suite struct ClockWatchTests {
    private static let start = ContinuousClock.now
    private static let noon: Int64 = 1_790_000_000_000_000_000

    @Test(
        arguments: [
            (0.0, nil), (9.9, nil), (-9.9, nil), (10, 10), (-172_800, -172_800), (3_456_000, 3_456_000),
        ] as [(Double, Double?)])
    func aStepIsToldAndADriftIsNot(_ step: Double, _ told: Double?) {
        var watch = ClockWatch(wall: Self.noon, steady: Self.start)
        let wall = Self.noon + Int64((1 + step) * 1e9)
        #expect(watch.look(wall: wall, steady: Self.start + .seconds(1)) == told.map { .seconds($0) })
        #expect(watch.look(wall: wall + 1_000_000_000, steady: Self.start + .seconds(2)) == nil, "once")
    }

    @Test func aSleepOfTheMachineIsNone() {
        var watch = ClockWatch(wall: Self.noon, steady: Self.start)
        #expect(watch.look(wall: Self.noon + 3_600_000_000_000, steady: Self.start + .seconds(3_600)) == nil)
    }

    @Test func theMessageSaysWhatFollows() {
        let text = ClockWatch.text(.seconds(-172_800))
        #expect(text.hasPrefix("host: the machine's clock was set back by 2d. Data, predictions"), "\(text)")
        #expect(ClockWatch.text(.seconds(90)).contains("forward by 90s"))
    }
}
