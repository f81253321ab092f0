import PluginKit
import StdioProtocol
import Synchronization
import Testing

@testable import HostProcess

/// What a stream is owed for the batches that were taken.
struct StreamPushesTests {
    /// A program that is quick, on a machine that is busy, pushes before the host knows the number of its own request.
    @Test func batchesTakenBeforeTheStreamHasANumberAreCreditedLater() async throws {
        let pushes = StreamPushes(
            "provider/a", 8, Subscription(instruments: [], kind: .bar, timeframe: Timeframe(1, .day)))
        let given = Mutex<[Int64]>([])
        func push(_ number: Int64) -> String? {
            pushes.take(Message("batch", id: 1, ["sequence": .integer(number), "position": .text("\(number)")]))
        }
        for number in Int64(1)...8 { #expect(push(number) == nil) }
        let receiver = Receiver()
        async let delivered: Void = pushes.deliver(to: receiver)
        while receiver.positions.withLock({ $0.count }) < 8 { await Task.yield() }
        pushes.began { sequence in given.withLock { $0.append(sequence) } }
        #expect(push(9) == nil)
        pushes.finish()
        try await delivered
        #expect(given.withLock { $0.sorted() } == Array(1...9))
    }
}
