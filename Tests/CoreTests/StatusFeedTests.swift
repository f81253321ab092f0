import HostCore
import PluginKit
import Synchronization
import Testing

struct StatusFeedTests {
    /// Keeps states in the order in which they come.
    private final class StateSink: Sink {
        static let descriptor = RecordingSink.descriptor
        private let records = Mutex<[StatusRecord]>([])
        private let refused: Int
        private let calls = Mutex(0)

        init(refusing refused: Int = 0) { self.refused = refused }
        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { refused = 0 }

        var states: [StatusRecord] { records.withLock { $0 } }

        func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            guard call > refused else { throw PluginError(.transient, "sink/out: not yet.") }
            if case .status(let made) = batch.content { records.withLock { $0 += made } }
            return .accepted
        }
    }

    private func changes(_ sink: StateSink, of component: String) -> [String] {
        sink.states.filter { $0.component == component }.map { "\($0.state) \($0.message)" }
    }

    @Test(arguments: [QueuePolicy.block, .dropNewest]) func eachChangeComesOnceAndInOrder(
        policy: QueuePolicy
    ) async throws {
        let rig = Rig()
        let sink = StateSink()
        let provider = ArrayProvider((1...20).map { delivery([bar(0, $0)], $0) }) { number in
            rig.board.set(.provider, "source", .degraded, "try \(number)")
        }
        let pipeline = rig.pipeline(
            provider, [Rig.sink("out", sink, records: [.status], capacity: 64, policy: policy)])
        try await pipeline.run()
        #expect(changes(sink, of: "provider/source").prefix(20) == (0..<20).map { "degraded try \($0)" }[...])
        #expect(pipeline.snapshot.sinks[0].addsUp && pipeline.snapshot.sinks[0].delivered == sink.states.count)
    }

    @Test func whatChangedBetweenMakingAndRunningIsNotLost() async throws {
        let rig = Rig()
        let sink = StateSink()
        let pipeline = rig.pipeline(ArrayProvider([]), [Rig.sink("out", sink, records: [.status])])
        rig.board.set(.provider, "source", .degraded, "slow")
        rig.board.set(.provider, "source", .ok)
        try await pipeline.run()
        #expect(changes(sink, of: "provider/source").prefix(2) == ["degraded slow", "ok "])
    }

    @Test func aSinkThatRefusesAtFirstGetsEachChangeOnce() async throws {
        let rig = Rig()
        let sink = StateSink(refusing: 2)
        let pipeline = rig.pipeline(ArrayProvider([]), [Rig.sink("out", sink, records: [.status])])
        rig.board.set(.provider, "source", .degraded, "slow")
        try await pipeline.run()
        #expect(changes(sink, of: "provider/source") == ["degraded slow", "ok "])
    }

    @Test func partsOfAnotherPipelineAreNotTold() async throws {
        let rig = Rig()
        let sink = StateSink()
        let pipeline = rig.pipeline(ArrayProvider([]), [Rig.sink("out", sink, records: [.status])])
        for id in ["other", "source"] { rig.board.register(.provider, id, plugin: "array", state: .starting) }
        rig.board.register(.gateway, "web")
        rig.board.set(.provider, "other", .ok)
        rig.board.set(.provider, "source", .ok)
        rig.board.set(.gateway, "web", .ok)
        try await pipeline.run()
        let components = Set(sink.states.map(\.component))
        #expect(!components.contains("provider/other"))
        #expect(components.isSuperset(of: ["provider/source", "gateway/web"]))
    }

    @Test func otherKindsOfRecordDoNotCarryStates() async throws {
        let rig = Rig()
        let sink = StateSink()
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([bar(0, 1)], 1)]), [Rig.sink("out", sink, records: [.bars])])
        rig.board.set(.provider, "source", .degraded, "slow")
        try await pipeline.run()
        #expect(sink.states.isEmpty && pipeline.snapshot.sinks[0].delivered == 1)
    }
}
