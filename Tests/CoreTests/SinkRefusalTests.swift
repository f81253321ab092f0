import HostCore
import PluginKit
import Synchronization
import Testing

/// A sink that refuses rows: it is degraded as long as it takes none of a kind.
struct SinkRefusalTests {
    @Test func aSinkThatRefusesEveryRowIsDegradedUntilItTakesOne() async throws {
        let rig = Rig()
        let seen = Mutex<[InstanceStatus]>([])
        rig.board.onChange { status in if status.kind == .sink { seen.withLock { $0.append(status) } } }
        let sink = RecordingSink { (call, batch) async throws(PluginError) in
            guard call < 4 else { return .accepted }
            return WriteReceipt(
                rejected: (0..<batch.count).map { .init(row: $0, reason: call == 1 ? "no_table" : "too_long") })
        }
        let provider = ArrayProvider((0..<4).map { delivery([bar(0, 2 * $0 + 1), bar(0, 2 * $0 + 2)], $0 + 1) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        let told = seen.withLock { $0 }.filter { $0.state == .degraded }.map(\.message)
        #expect(
            told == [
                "sink/out: it takes no row of bars. It refused 2 (no_table 2) so far.",
                "sink/out: it takes no row of bars. It refused 4 (no_table 2, too_long 2) so far.",
                "sink/out: it takes no row of bars. It refused 6 (too_long 4, no_table 2) so far.",
            ])
        #expect(rig.board.status(.sink, "out")?.state == .ok)
        #expect(pipeline.snapshot.sinks[0].refused.total == 6 && pipeline.snapshot.addsUp)
    }

    @Test func aSinkThatRefusesOneKindOfRecordSaysWhich() async throws {
        var rig = Rig()
        rig.features = FeaturePlan([("count", EventCount())])
        let sink = RecordingSink { (_, batch) async throws(PluginError) in
            guard batch.kind == .features else { return .accepted }
            return WriteReceipt(rejected: (0..<batch.count).map { .init(row: $0, reason: "no_column") })
        }
        let provider = ArrayProvider((1...3).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: [.bars, .features])])
        try await pipeline.run()
        let status = rig.board.status(.sink, "out")
        #expect(status?.state == .degraded)
        #expect(status?.message == "sink/out: it takes no row of features. It refused 3 (no_column 3) so far.")
        #expect(sink.rows(.bars).count == 3)
    }

    /// Else each refusal would be a state to tell, and so another row to refuse.
    @Test func aSinkThatRefusesStatesIsNotToldOfThatForEver() async throws {
        let rig = Rig()
        let sink = RecordingSink { (_, batch) async throws(PluginError) in
            WriteReceipt(rejected: (0..<batch.count).map { .init(row: $0, reason: "no_table") })
        }
        let provider = ArrayProvider((1...3).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: [.bars, .status])])
        try await pipeline.run()
        #expect(rig.board.status(.sink, "out")?.message.contains("it takes no row of bars. It refused 3 ") == true)
        #expect(pipeline.snapshot.addsUp)
    }
}
