import Glibc
import LocalHistoryProvider
import PluginKit
import Synchronization
import TestSupport
import Testing

/// What is added to files while a stream runs.
@Suite(.timeLimit(.minutes(10))) struct LocalHistoryFollowTests {
    private static let header = "date,open,high,low,close,volume\n"

    private static func row(_ day: Int, _ close: Double = 1) -> String { "2013-03-\(day),1,2,0.5,\(close),100\n" }

    @Test func rowsThatAreAddedFlow() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11) + Self.row(12))
        try folder.write("IBM.csv", Self.header + Self.row(11))
        let followed = try Followed(folder.path, ["AAPL", "IBM"])
        await followed.untilCaughtUp()
        #expect(followed.bars.count == 3)
        try append(Self.row(13, 1.5), to: "\(folder.path)/AAPL.csv")
        await followed.until { $0.count == 4 }
        try append(Self.row(14, 1.6), to: "\(folder.path)/IBM.csv")
        await followed.until { $0.count == 5 }
        #expect(followed.bars.suffix(2).map(\.close) == [1.5, 1.6])
        #expect(followed.bars.suffix(2).map(\.instrument.rawValue) == [0, 1])
    }

    @Test func lastLineWithoutAnEndCountsWhenTheFileIsStill() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11) + String(Self.row(12).dropLast()))
        let followed = try Followed(folder.path, ["AAPL"])
        await followed.untilCaughtUp()
        await followed.until { $0.count == 2 }
        #expect(followed.bars.map(\.volume) == [100, 100])
    }

    /// Who writes through a buffer leaves half a line behind, at times for long.
    @Test(arguments: ["2013-03-1", "2013-03-12,1,2", "2013-03-12,1,2,0.5,1,\"1"])
    func lastLineThatCannotBeWholeWaitsForItsRest(part: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11) + part)
        let log = Log()
        let followed = try Followed(folder.path, ["AAPL"], log: log)
        await followed.untilCaughtUp()
        while !log.texts.contains(where: { $0.contains("'AAPL.csv' has no end and too few fields") }) {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(followed.bars.count == 1)
        let whole = part.contains("\"") ? "2013-03-12,1,2,0.5,1,\"100\"\n" : Self.row(12)
        try append(String(whole.dropFirst(part.count)) + Self.row(13), to: "\(folder.path)/AAPL.csv")
        await followed.until { $0.count == 3 }
        #expect(followed.bars.map(\.volume) == [100, 100, 100])
    }

    @Test func rewrittenFileIsReadOnByTimeAndThatIsTold() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11) + Self.row(12))
        let log = Log()
        let followed = try Followed(folder.path, ["AAPL"], log: log)
        await followed.untilCaughtUp()
        try folder.replace("AAPL.csv", Self.header + Self.row(12) + Self.row(13, 1.5))
        await followed.until { $0.last?.close == 1.5 }
        #expect(followed.bars.count { !$0.flags.contains(.revised) } == 3)
        #expect(log.texts.contains { $0.contains("'AAPL.csv' was rewritten") })
    }

    @Test func barWithOtherValuesIsGivenOnceMoreAsARevision() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11) + Self.row(12) + Self.row(13))
        try folder.write("IBM.csv", Self.header + Self.row(11))
        let followed = try Followed(folder.path, ["AAPL", "IBM"])
        await followed.untilCaughtUp()
        // The last one was partial, and one was added meanwhile.
        try folder.replace(
            "AAPL.csv", Self.header + Self.row(11) + Self.row(12) + Self.row(13, 1.7) + Self.row(14, 1.5))
        await followed.until { $0.last?.close == 1.5 }
        #expect(followed.revised.map(\.close) == [1, 1, 1.7])
        try append(Self.row(15, 1.6), to: "\(folder.path)/AAPL.csv")
        await followed.until { $0.last?.close == 1.6 }
        #expect(followed.revised.count == 3)
        // One before the last is gone: what comes after it has other places in the file.
        try folder.replace(
            "AAPL.csv", Self.header + Self.row(11, 1.2) + Self.row(13, 1.7) + Self.row(14, 1.5) + Self.row(15, 1.6))
        await followed.until { $0.count > 9 }
        await followed.until { $0.contains { $0.close == 1.2 } }
        #expect(followed.revised.dropFirst(3).map(\.close) == [1.2, 1.7, 1.5, 1.6])
        #expect(followed.bars.filter { !$0.flags.contains(.revised) }.map(\.close) == [1, 1, 1, 1, 1.5, 1.6])
    }

    @Test func rowPutInAtTheTopOfAFileFromNewToOldFlows() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(13) + Self.row(12) + Self.row(11))
        let followed = try Followed(folder.path, ["AAPL"])
        await followed.untilCaughtUp()
        try folder.replace("AAPL.csv", Self.header + Self.row(14, 1.5) + Self.row(13) + Self.row(12) + Self.row(11))
        await followed.until { $0.count == 4 }
        #expect(followed.bars.last?.close == 1.5)
    }

    @Test func fileThatComesLaterFlows() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + Self.row(11))
        let followed = try Followed(folder.path, ["AAPL", "IBM"])
        await followed.untilCaughtUp()
        try folder.write("IBM.csv", Self.header + Self.row(11, 1.5))
        await followed.until { $0.count == 2 }
        #expect(followed.bars.last?.close == 1.5)
    }

    @Test func fileOfANewDayFlowsAndTheDayBeforeIsReadToItsEnd() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL/201302.csv", Self.header + Self.row(11))
        // Its last line has no end when the next month begins.
        try folder.write("AAPL/201303.csv", Self.header + Self.row(12) + String(Self.row(13).dropLast()))
        let pattern: [String: ConfigurationValue] = ["file_pattern": .text("{code}/{date}.csv")]
        let followed = try Followed(folder.path, ["AAPL"], pattern)
        await followed.untilCaughtUp()
        try folder.write("AAPL/201304.csv", Self.header + Self.row(14, 1.5))
        await followed.until { $0.count == 4 }
        #expect(followed.bars.map(\.close) == [1, 1, 1, 1.5])
    }

    @Test func groupedFileForAllThatGrowsByDayGivesNothingTwice() async throws {
        let folder = try TemporaryFolder()
        let rows = ["AAPL", "IBM"].flatMap { name in [11, 12].map { "\(name),\(Self.row($0))" } }
        let path = try folder.write("all.csv", "symbol," + Self.header + rows.joined())
        let followed = try Followed(path, ["AAPL", "IBM"])
        await followed.untilCaughtUp()
        try append("AAPL,\(Self.row(13, 1.5))IBM,\(Self.row(13, 1.6))", to: path)
        await followed.until { $0.count >= 6 }
        try append("AAPL,\(Self.row(14, 1.7))", to: path)
        await followed.until { $0.count >= 7 }
        #expect(followed.bars.map(\.close) == [1, 1, 1, 1, 1.5, 1.6, 1.7])
    }

    @Test func streamThatIsNotToWaitEnds() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + String(Self.row(11).dropLast()))
        #expect(try await replay(try history(folder.path, ["follow": .boolean(true)]), ["AAPL"]).bars.count == 1)
    }

    private func append(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "a"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }
}

/// A stream that waits for more, with what it gave so far; ends with the value.
final class Followed: EventReceiver {
    private struct State {
        var bars: [Bar] = []
        var hasCaughtUp = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(
        _ path: String, _ names: [String], _ options: [String: ConfigurationValue] = [:], log: Log = Log()
    ) throws {
        let all = options.merging(["follow": .boolean(true)]) { _, follow in follow }
        let provider = try history(path, all, log: log, clock: YieldingClock())
        let subscription = Subscription(
            instruments: try TestInstruments(names).references, kind: .bar, timeframe: Timeframe(1, .day),
            waitsForMore: true)
        let receiver = Forwarder(self)
        task.withLock { $0 = Task { try? await provider.stream(subscription, into: receiver) } }
    }

    deinit { task.withLock { $0?.cancel() } }

    var bars: [Bar] { state.withLock { $0.bars } }
    var revised: [Bar] { bars.filter { $0.flags.contains(.revised) } }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        guard case .bars(let bars) = delivery.batch else { return }
        change { $0.bars += bars }
    }

    func caughtUp() async { change { $0.hasCaughtUp = true } }

    func untilCaughtUp() async { await wait { $0.hasCaughtUp } }

    func until(_ isMet: @escaping @Sendable ([Bar]) -> Bool) async { await wait { isMet($0.bars) } }

    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wait(_ isMet: @Sendable (State) -> Bool) async {
        while true {
            if state.withLock({ isMet($0) }) { return }
            await withCheckedContinuation { continuation in
                let isLate = state.withLock { state in
                    if isMet(state) { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isLate { continuation.resume() }
            }
        }
    }
}

/// Hands on without keeping the receiver alive, so that a test's end ends the stream.
private final class Forwarder: EventReceiver {
    private weak let followed: Followed?

    init(_ followed: Followed) { self.followed = followed }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        guard let followed else { throw PluginError(.cancelled, "test: it ended.") }
        try await followed.receive(delivery)
    }

    func caughtUp() async { await followed?.caughtUp() }
}

/// A clock on which no time passes; who sleeps lets others run.
private struct YieldingClock: Clock {
    var now: TestClock.Instant { TestClock.Instant(offset: .zero) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
