import HostCore
import PluginKit
import Synchronization
import Testing

/// A provider whose streams are scripted: each start takes the next script, the last one again and again.
private final class ScriptedProvider: Provider {
    typealias Script = @Sendable (Subscription, any EventReceiver) async throws(PluginError) -> Void

    static let descriptor = PluginDescriptor(
        kind: .provider, name: "scripted", summary: "", schema: ConfigurationSchema([]))
    private let scripts: [Script]
    private let seen = Mutex<(resumed: [String?], told: [String])>(([], []))

    init(_ scripts: Script...) { self.scripts = scripts }
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "test: built directly.")
    }

    /// After which position each stream was asked to go on.
    var resumed: [String?] { seen.withLock { $0.resumed } }
    /// Positions it was told.
    var told: [String] { seen.withLock { $0.told } }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let start = seen.withLock { seen in
            seen.resumed.append(subscription.resumeAfter?.text)
            return seen.resumed.count
        }
        try await scripts[min(start, scripts.count) - 1](subscription, receiver)
    }

    func acknowledge(_ position: StreamPosition) async { seen.withLock { $0.told.append(position.text) } }
}

/// Pushes bars of two instruments, a delivery a day, with the day as position; ends, or throws a fault.
private func days(
    _ days: ClosedRange<Int>, _ fault: PluginError? = nil, resuming: Bool = true, defects: Bool = false
) -> ScriptedProvider.Script {
    { (subscription, receiver) throws(PluginError) in
        let after = resuming ? subscription.resumeAfter.flatMap { Int($0.text) } ?? 0 : 0
        for number in days where number > after {
            let defect = Defect(instrument: id(0), place: "a:\(number)", reason: "unreadable", message: "m", raw: "")
            try await receiver.receive(
                delivery([bar(0, number), bar(1, number)], number, defects: defects ? [defect] : []))
        }
        if let fault { throw fault }
    }
}

/// What a script does, one after the other.
private enum Step: Sendable {
    case push([Bar], Int)
    case wait(StopSignal)
    case fail(PluginError)
}

private func script(_ steps: Step...) -> ScriptedProvider.Script {
    { (subscription, receiver) throws(PluginError) in
        for step in steps {
            switch step {
            case .push(let bars, let number): try await receiver.receive(delivery(bars, number))
            case .wait(let signal): await signal.wait()
            case .fail(let fault): throw fault
            }
        }
    }
}

/// Waits until it is cancelled.
private let waits = script(.wait(StopSignal()), .fail(PluginError(.cancelled, "scripted: cancelled.")))

private let broke = PluginError(.transient, "provider/source: broke.")

struct StreamSupervisorTests {
    private func rig(
        _ clock: any Clock<Duration> = ImmediateClock(), once: Bool = false, silence: Duration? = nil
    ) -> Rig {
        var rig = Rig()
        rig.clock = clock
        rig.instrumentCount = 2
        rig.policy = StreamPolicy(isOnce: once, silence: silence.map { .span($0) })
        return rig
    }

    private func rows(_ sink: RecordingSink, _ instrument: Int) -> [Int64] {
        sink.rows.filter { $0.instrument == id(instrument) }.map { $0.time / day }
    }

    @Test(arguments: [true, false], [1, 3])
    func whatComesAgainIsTakenOnce(resuming: Bool, workers: Int) async throws {
        let provider = ScriptedProvider(
            days(1...5, broke, defects: true), days(1...9, broke, resuming: resuming, defects: true),
            days(1...12, resuming: resuming, defects: true))
        var rig = rig()
        rig.workers = workers
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        for instrument in 0...1 { #expect(rows(sink, instrument) == Array(1...12)) }
        let snapshot = pipeline.snapshot
        #expect(snapshot.accepted == 24 && snapshot.rejected == ["unreadable": 12] && snapshot.received == 36)
        #expect(provider.told.last == "12")
        let told = provider.told.compactMap { Int($0) }
        if resuming { #expect(told == told.sorted()) }
    }

    @Test func theStreamGoesOnAfterWhatWasAcknowledged() async throws {
        let clock = ManualClock()
        let provider = ScriptedProvider(days(1...3, broke), days(4...5))
        let sink = RecordingSink()
        let pipeline = rig(clock).pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            while provider.told.last != "3" { await Task.yield() }
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
        #expect(provider.resumed == [nil, "3"])
        #expect(rows(sink, 0) == [1, 2, 3, 4, 5])
    }

    @Test func aCorrectionOfTheLastBarIsNotLeftOut() async throws {
        let provider = ScriptedProvider(
            days(1...2, broke), script(.push([bar(0, 2), bar(0, 2, close: 11), bar(1, 2), bar(0, 3)], 3)))
        let pipeline = rig().pipeline(provider, [])
        try await pipeline.run()
        #expect(pipeline.snapshot.rejected == ["conflicting_duplicate": 1])
        #expect(pipeline.snapshot.accepted == 5)
    }

    @Test func aFaultIsShownUntilSomethingNewComes() async throws {
        let clock = ManualClock()
        let provider = ScriptedProvider(
            days(1...2, broke), days(1...2, PluginError(.malformed, "provider/source: garbage."), resuming: false),
            script(.push([bar(0, 3)], 3), .wait(StopSignal())))
        let rig = rig(clock)
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            #expect(rig.board.status(.provider, "source")?.message == "provider/source: broke.")
            clock.advance(by: .seconds(1))
            while rig.board.status(.provider, "source")?.message != "provider/source: garbage." { await Task.yield() }
            #expect(rig.board.status(.provider, "source")?.state == .degraded)
            await clock.waitForSleepers()
            clock.advance(by: .seconds(2))
            await sink.waitForRows(5)
            #expect(rig.board.status(.provider, "source")?.state == .ok)
            pipeline.stop()
            try await group.waitForAll()
        }
        // Nothing new came in the second try, so the third waited longer.
        #expect(clock.spans.filter { $0 < .seconds(10) } == [.seconds(1), .seconds(2)])
        #expect(pipeline.snapshot.rejected.isEmpty && pipeline.snapshot.accepted == 5)
    }

    @Test func aStreamThatLastsWorksThoughNothingComes() async throws {
        let clock = ManualClock()
        let provider = ScriptedProvider(days(1...1, broke), waits)
        let rig = rig(clock)
        let pipeline = rig.pipeline(provider, [])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(1))
            while provider.resumed.count < 2 { await Task.yield() }
            await clock.waitForSleepers()
            #expect(rig.board.status(.provider, "source")?.state == .degraded)
            clock.advance(by: .seconds(10))
            while rig.board.status(.provider, "source")?.state != .ok { await Task.yield() }
            pipeline.stop()
            try await group.waitForAll()
        }
    }

    @Test func silenceIsShownAndEndsWhenDataComes() async throws {
        let clock = ManualClock()
        let next = StopSignal()
        let provider = ScriptedProvider(
            script(.push([bar(0, 1)], 1), .wait(next), .push([bar(0, 2)], 2), .wait(StopSignal())))
        let rig = rig(clock, silence: .seconds(30))
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await sink.waitForRows(1)
            for _ in 0..<2 {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(30))
            }
            while rig.board.status(.provider, "source")?.state != .degraded { await Task.yield() }
            #expect(
                rig.board.status(.provider, "source")?.message.contains("nothing has come for 30 s") == true)
            next.fire()
            await sink.waitForRows(2)
            while rig.board.status(.provider, "source")?.state != .ok { await Task.yield() }
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(provider.resumed == [nil])
    }

    @Test func aStreamThatStaysSilentIsBegunAgainAndShownUntilSomethingComes() async throws {
        let clock = ManualClock()
        let next = StopSignal()
        let provider = ScriptedProvider(
            script(.push([bar(0, 1)], 1), .wait(StopSignal()), .fail(PluginError(.cancelled, "asked to end."))),
            script(.wait(next), .push([bar(0, 2)], 2), .wait(StopSignal())))
        let rig = rig(clock, silence: .seconds(30))
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await sink.waitForRows(1)
            while provider.resumed.count < 2 {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(15))
            }
            // Longer than a stream that was begun again after another fault has to last.
            for _ in 0..<2 {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(11))
            }
            #expect(rig.board.status(.provider, "source")?.state == .degraded)
            next.fire()
            await sink.waitForRows(2)
            while rig.board.status(.provider, "source")?.state != .ok { await Task.yield() }
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(provider.resumed == [nil, "1"])
        #expect(rows(sink, 0) == [1, 2])
    }

    @Test func silenceEndsARunThatEndsWithItsData() async throws {
        let provider = ScriptedProvider(waits)
        let rig = rig(once: true, silence: .seconds(30))
        let error = await #expect(throws: PluginError.self) { try await rig.pipeline(provider, []).run() }
        #expect(error?.message.contains("nothing has come") == true)
        #expect(provider.resumed.count == 3)
    }

    @Test func aProviderThatCannotIsGivenUpAndRetired() async throws {
        let provider = ScriptedProvider(script(.fail(PluginError(.unsupported, "provider/source: has no stream."))))
        let rig = rig()
        await #expect(throws: PluginError.self) { try await rig.pipeline(provider, []).run() }
        #expect(provider.resumed.count == 3)
        let status = try #require(rig.board.status(.provider, "source"))
        #expect(status.state == .failed && status.isRetired)
        #expect(status.message.hasPrefix("provider/source: has no stream."))
    }

    @Test func cancelledWithoutAStopIsAFault() async throws {
        let provider = ScriptedProvider(script(.fail(PluginError(.cancelled, "no more."))))
        let pipeline = rig(once: true).pipeline(provider, [])
        let error = await #expect(throws: PluginError.self) { try await pipeline.run() }
        #expect(error?.code == .transient && provider.resumed.count == 3)
    }

    @Test func aStopEndsTheWaitForTheNextTry() async throws {
        let clock = ManualClock()
        let provider = ScriptedProvider(days(1...1, PluginError(.auth, "provider/source: no key.")))
        let pipeline = rig(clock).pipeline(provider, [])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(provider.resumed.count == 1 && clock.spans == [.seconds(60)])
    }

    @Test func whileThePushIsDownTheNextProviderIsAskedAndThenThePushGoesOn() async throws {
        let clock = ManualClock()
        let provider = ScriptedProvider(days(1...2, broke), days(4...5, resuming: false))
        var rig = rig(clock)
        rig.isReplay = false
        rig.others = [
            AnsweringProvider { (_, _) throws(PluginError) in Reply(events: [bar(0, 2), bar(0, 3), bar(1, 3)]) }
        ]
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await sink.waitForRows(6)
            // The wait of the push that broke, and the interval of the requests.
            await clock.waitForSleepers(2)
            #expect(rig.board.status(.route, "daily")?.state == .degraded)
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
        #expect(rows(sink, 0) == [1, 2, 3, 4, 5] && rows(sink, 1) == [1, 2, 3, 4, 5])
        #expect(pipeline.snapshot.rejected.isEmpty)
        #expect(rig.stores.provenance(id(0), at: 3 * day)?.source == "b")
        #expect(rig.stores.provenance(id(0), at: 4 * day)?.source == "source")
    }

    @Test func aSilentPushIsLeftWhereOthersCanBeAsked() async throws {
        let clock = ManualClock()
        var rig = rig(clock, silence: .seconds(60))
        rig.isReplay = false
        rig.others = [AnsweringProvider { (_, _) throws(PluginError) in Reply(events: [bar(0, 1)]) }]
        let sink = RecordingSink()
        let pipeline = rig.pipeline(ScriptedProvider(waits), [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await clock.waitForSleepers()
            clock.advance(by: .seconds(60))
            await sink.waitForRows(1)
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(rows(sink, 0) == [1])
    }

    @Test func theWorstOfTwoPipelinesIsShownAndOneThatWorksKeepsItAlive() {
        let board = InstanceBoard(now: { 0 })
        board.register(.provider, "source", plugin: "scripted", state: .ok)
        let slot = ProviderSlot("source", board: board, ScriptedProvider(waits))
        slot.works(for: "a")
        slot.fails("b broke.", for: "b")
        slot.works(for: "a")
        #expect(board.status(.provider, "source")?.message == "b broke.")
        slot.isGivenUp("b is gone.", by: "b")
        #expect(board.status(.provider, "source")?.state == .degraded && !slot.isRetired)
        slot.isGivenUp("a is gone.", by: "a")
        #expect(board.status(.provider, "source")?.state == .failed && slot.isRetired)
    }
}
