import HostCore
import PluginKit
import Synchronization
import Testing

struct PluginSlotTests {
    /// Builds numbers and notes what was given back.
    private final class Factory: Sendable {
        let made = Guarded(0)
        let back = Guarded<[Int]>([])
        let gate = Gate()

        func slot(waits: Bool = false, fails: Int = 0) -> PluginSlot<Int> {
            PluginSlot(
                make: { () async throws(PluginError) in
                    let number = self.made.change { made in
                        made += 1
                        return made
                    }
                    if waits { await self.gate.pass() }
                    if number <= fails { throw PluginError(.transient, "no \(number).") }
                    return number
                }, giveBack: { number in self.back.change { $0.append(number) } })
        }
    }

    @Test func whoWaitsForABuildGetsItsResult() async throws {
        let factory = Factory()
        let slot = factory.slot(waits: true)
        async let first = slot.get()
        await factory.gate.isReached.wait()
        async let second = slot.get()
        async let third = slot.get()
        for _ in 0..<10 { await Task.yield() }
        factory.gate.open()
        let all = try await [first, second, third]
        #expect(all.map(\.value) == [1, 1, 1] && factory.made.value == 1)
    }

    @Test func aFaultIsThrownAndTheNextTryBuilds() async throws {
        let slot = Factory().slot(fails: 1)
        let error = await #expect(throws: PluginError.self) { _ = try await slot.get() }
        #expect(error?.message == "no 1.")
        #expect(try await slot.get().value == 2)
    }

    @Test func whatIsDiscardedIsGivenBackOnce() async throws {
        let factory = Factory()
        let slot = factory.slot()
        let held = try await slot.get()
        await slot.discard(held.number)
        let next = try await slot.get()
        // Another user of the one before comes late: the new one stays.
        await slot.discard(held.number)
        #expect(factory.back.value == [1])
        #expect(try await slot.get().value == 2 && next.value == 2)
    }

    @Test func whatIsBuiltAfterTheEndIsGivenBack() async throws {
        let factory = Factory()
        let slot = factory.slot(waits: true)
        let late = Task { try await slot.get() }
        await factory.gate.isReached.wait()
        await slot.end()
        factory.gate.open()
        let error = await #expect(throws: PluginError.self) { _ = try await late.value }
        #expect(error?.code == .cancelled)
        #expect(factory.back.value == [1])
        await #expect(throws: PluginError.self) { _ = try await slot.get() }
        #expect(factory.made.value == 1)
    }
}
