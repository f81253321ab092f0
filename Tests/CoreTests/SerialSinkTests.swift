import HostCore
import PluginKit
import Testing

struct SerialSinkTests {
    @Test func pipelinesThatShareASinkTakeTurns() async throws {
        let inside = Guarded((now: 0, most: 0))
        let plain = RecordingSink { (_, _) async throws(PluginError) in
            inside.change { inside in
                inside.now += 1
                inside.most = max(inside.most, inside.now)
            }
            for _ in 0..<5 { await Task.yield() }
            inside.change { $0.now -= 1 }
            return .accepted
        }
        let shared = SerialSink(plain)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                let pipeline = Rig().pipeline(
                    ArrayProvider((1...50).map { delivery([bar(0, $0)], $0) }), [Rig.sink("out", shared)])
                group.addTask { try await pipeline.run() }
            }
            try await group.waitForAll()
        }
        #expect(plain.rows.count == 200)
        #expect(inside.value.most == 1)
    }

    @Test func aCallThatWaitsForItsTurnCanBeCancelled() async throws {
        let gate = Gate()
        let shared = SerialSink(
            RecordingSink { (_, _) async throws(PluginError) in
                await gate.pass()
                return .accepted
            })
        let batch = RecordBatch(
            pipeline: "p", source: "s", timeframe: daily, sequence: 1, content: .bars([bar(0, 1)]))
        let first = Task { try await shared.write(batch) }
        await gate.isReached.wait()
        let second = Task { try await shared.write(batch) }
        second.cancel()
        let outcome = await second.result
        #expect(throws: PluginError.self) { try outcome.get() }
        gate.open()
        _ = try await first.value
        #expect(try await shared.write(batch).retry.isEmpty)
    }
}
