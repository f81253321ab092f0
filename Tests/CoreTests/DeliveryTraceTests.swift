import PluginKit
import Testing

@testable import HostCore

/// Which deliveries are followed, and what is told of them.
@Suite struct DeliveryTraceTests {
    private static func tracer(_ every: Int, _ spans: Guarded<[TraceSpan]>) -> DeliveryTracer {
        let clock = Guarded<Int64>(0)
        return DeliveryTracer(
            every: every,
            now: {
                clock.change { time in
                    time += 1
                    return time
                }
            }, emit: { span in spans.change { $0.append(span) } })
    }

    @Test func theFirstAndEveryNthDeliveryIsFollowedThroughEachStep() async throws {
        let spans = Guarded<[TraceSpan]>([])
        var rig = fullRig()
        rig.tracer = Self.tracer(3, spans)
        let provider = ArrayProvider((1...7).map { day in delivery([bar(0, day), bar(1, day)], day) })
        let pipeline = rig.pipeline(provider, [Rig.sink("keep", RecordingSink())])
        try await pipeline.run()
        let all = spans.value
        #expect(Set(all.map(\.sequence)) == [1, 3, 6])
        for sequence in [1, 3, 6] as [UInt64] {
            let own = all.filter { $0.sequence == sequence }
            let steps = own.map { "\($0.step.rawValue) \($0.id)" }
            #expect(
                Set(steps) == [
                    "provider source", "queue ", "stage quality", "stage features", "model sum", "delivery ", "store ",
                    "write keep", "flush keep",
                ])
            #expect(own.allSatisfy { $0.pipeline == "main" && $0.start <= $0.end && $0.fault == nil })
            #expect(own.first { $0.step == .write }?.rows == 2)
        }
    }

    @Test func nothingIsToldWhereNobodyFollows() {
        let spans = Guarded<[TraceSpan]>([])
        let tracer = Self.tracer(1_000, spans)
        #expect(tracer.trace("main", 2) == nil)
        #expect(tracer.trace("main", 2_000) != nil)
        #expect(spans.value.isEmpty)
    }
}
