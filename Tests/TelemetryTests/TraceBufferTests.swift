import Testing

@testable import HostCore
@testable import HostTelemetry

@Suite struct TraceBufferTests {
    private static func span(_ sequence: UInt64) -> TraceSpan {
        TraceSpan(
            pipeline: "main", sequence: sequence, step: .queue, id: "", start: 0, end: 1, partition: nil, rows: nil,
            instrument: nil, fault: nil)
    }

    @Test func aFullBufferDropsWhatIsNewAndCountsIt() {
        let buffer = TraceBuffer(capacity: 3)
        for sequence in 1...5 { buffer.add(Self.span(UInt64(sequence))) }
        #expect(buffer.take(2).map(\.sequence) == [1, 2])
        #expect(buffer.take(9).map(\.sequence) == [3])
        #expect(buffer.take(9).isEmpty)
        buffer.note(.exported, 3)
        #expect(buffer.counts == ["exported": 3, "refused": 0, "failed": 0, "queue_full": 2])
    }
}
