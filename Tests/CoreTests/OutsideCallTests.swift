import Dispatch
import HostCore
import PluginKit
import Synchronization
import Testing

/// What waits for another process leaves the threads that all tasks share to the others.
struct OutsideCallTests {
    /// Calls that hang until all are there and someone answers them.
    private final class HangingCalls: Sendable {
        private let waiting = DispatchSemaphore(value: 0)
        private let answers = DispatchSemaphore(value: 0)
        private let answered = Mutex(0)

        var count: Int { answered.withLock { $0 } }

        func call() {
            waiting.signal()
            guard answers.wait(timeout: .now() + 60) == .success else { return }
            answered.withLock { $0 += 1 }
        }

        func answer(_ count: Int) {
            for _ in 0..<count { waiting.wait() }
            for _ in 0..<count { answers.signal() }
        }
    }

    private struct HangingIndicator: Indicator {
        static let descriptor = PluginDescriptor(
            kind: .indicator, name: "hanging", summary: "", schema: ConfigurationSchema([]),
            outputs: [OutputColumn("value", unit: "", "")])
        let warmUpLength = 1
        let calls: HangingCalls

        init(_ calls: HangingCalls) { self.calls = calls }

        init(_ configuration: Configuration) throws(PluginError) {
            throw PluginError(.unsupported, "test: built directly.")
        }

        mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
            calls.call()
            row.clear()
            return true
        }

        func save(to writer: inout StateWriter) {}

        mutating func restore(from reader: inout StateReader) throws(PluginError) {}
    }

    @Test func moreCallsThanProcessorsMayHangWhileOtherTasksGoOn() async throws {
        let count = 40
        let calls = HangingCalls()
        var rig = Rig()
        rig.features = FeaturePlan([("hanging", HangingIndicator(calls))])
        rig.instrumentCount = count
        rig.workers = count
        rig.callsOut = true
        let provider = ArrayProvider([delivery((0..<count).map { bar($0, 1) }, 1)])
        let pipeline = rig.pipeline(provider, [Rig.sink("a", RecordingSink())])
        let answering = Task { calls.answer(count) }
        try await pipeline.run()
        await answering.value
        #expect(calls.count == count)
    }
}
