import Testing

@testable import HostCore

struct StopSignalTests {
    @Test func firingWakesEveryWaiterAndLaterOnesDoNotWait() async {
        let signal = StopSignal()
        #expect(!signal.isFired)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { await signal.wait() } }
            signal.fire()
            signal.fire()
        }
        #expect(signal.isFired)
        await signal.wait()
    }

    @Test func cancellingAWaiterWakesItAlone() async {
        let signal = StopSignal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait() }
            await Task.yield()
            group.cancelAll()
        }
        await withTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask { await signal.wait() }
        }
        #expect(!signal.isFired)
    }

    @Test func aBoundedWaitEndsByTheClockOrTheSignal() async {
        let clock = ManualClock()
        let signal = StopSignal()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await signal.wait(atMost: .seconds(1), clock: clock) }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(1))
            #expect(await group.next() == false)
            group.addTask { await signal.wait(atMost: .seconds(1), clock: clock) }
            await clock.waitForSleepers()
            signal.fire()
            #expect(await group.next() == true)
        }
    }

    @Test func aPluginTaskGivesItsValue() async {
        let task = PluginTask { 7 }
        #expect(await task.value(TimeLimit(signal: StopSignal(), grace: .seconds(1), clock: ManualClock())) == 7)
        #expect(await task.wait(or: StopSignal()))
    }

    @Test func aPluginTaskThatEndsInItsGraceIsNotCancelled() async {
        let (gate, clock, late) = (Gate(), ManualClock(), StopSignal())
        let task = PluginTask {
            await gate.pass()
            return Task.isCancelled
        }
        late.fire()
        await withTaskGroup(of: Bool?.self) { group in
            group.addTask { await task.value(TimeLimit(signal: late, grace: .seconds(1), clock: clock)) }
            await clock.waitForSleepers()
            gate.open()
            #expect(await group.next() == .some(false))
        }
    }

    @Test func aPluginTaskThatHonoursCancellationEnds() async {
        let (clock, late) = (ManualClock(), StopSignal())
        let task = PluginTask {
            await StopSignal().wait()
            return Task.isCancelled
        }
        late.fire()
        await withTaskGroup(of: Bool?.self) { group in
            group.addTask { await task.value(TimeLimit(signal: late, grace: .seconds(1), clock: clock)) }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(1))
            #expect(await group.next() == .some(true))
        }
    }

    @Test func aPluginTaskThatIgnoresCancellationIsLeftBehind() async {
        let (gate, clock, late) = (Gate(), ManualClock(), StopSignal())
        let task = PluginTask { await gate.pass() }
        late.fire()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await task.value(TimeLimit(signal: late, grace: .seconds(1), clock: clock)) == nil }
            for _ in 0..<2 {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(1))
            }
            #expect(await group.next() == true)
        }
        gate.open()
    }
}
