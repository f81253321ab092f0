import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Order, positions, pace and cancelling of the stream.
@Suite struct LocalHistoryStreamTests {
    private static let header = "date,open,high,low,close,volume\n"

    private static func rows(_ days: [Int], _ price: Int) -> String {
        header + days.map { "2013-03-\($0),\(price),\(price),\(price),\(price),100\n" }.joined()
    }

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows([4, 5, 6, 7, 8], 1))
        try folder.write("IBM.csv", Self.rows([5, 6, 8, 11], 2))
        try folder.write("MSFT.csv", Self.rows([1, 8], 3) + "bad,row\n" + "2013-03-12,3,3,3,3,1\n")
        return folder
    }

    private static let names = ["MSFT", "AAPL", "IBM"]

    @Test func mergesByEventTimeThenInstrument() async throws {
        let folder = try folder()
        let bars = try await replay(try history(folder.path), Self.names).bars
        #expect(bars.map(\.close) == [3, 1, 1, 2, 1, 2, 1, 3, 1, 2, 2, 3])
        #expect(
            zip(bars, bars.dropFirst()).allSatisfy {
                ($0.time, $0.instrument.rawValue) <= ($1.time, $1.instrument.rawValue)
            })
    }

    @Test func rowThatGoesBackInTimeIsPassedOnInItsFilesOrder() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows([4, 8, 5, 9], 1))
        try folder.write("IBM.csv", Self.rows([4, 5, 6, 7], 2))
        let bars = try await replay(try history(folder.path), ["AAPL", "IBM"]).bars
        #expect(bars.map(\.close) == [1, 2, 2, 2, 2, 1, 1, 1])
        #expect(bars.filter { $0.close == 1 }.map(\.time).enumerated().max { $0.element < $1.element }?.offset == 3)
    }

    @Test(arguments: [1, 2, 3, 5])
    func everyResumePositionGivesExactlyTheRest(batch: Int) async throws {
        let folder = try folder()
        let provider = try history(folder.path, ["batch": .integer(batch)])
        let whole = try await replay(provider, Self.names)
        #expect(whole.bars.count == 12)
        #expect(whole.defects.map(\.place) == ["MSFT.csv:4"])
        var bars = 0
        var defects = 0
        for delivery in whole.deliveries {
            bars += delivery.batch.count
            defects += delivery.defects.count
            let rest = try await replay(provider, Self.names, after: delivery.position)
            #expect(shown(rest.bars) == shown(whole.bars.dropFirst(bars)))
            #expect(rest.defects == Array(whole.defects.dropFirst(defects)))
        }
    }

    /// The host flags the next bar of an instrument after a defect; a delivery's defects count as before its bars.
    @Test(arguments: [1, 3, 1_024])
    func defectsComeAfterTheBarsBeforeThem(batch: Int) async throws {
        let folder = try folder()
        try folder.write("IBM.csv", Self.rows([5, 6], 2) + "bad,row\n" + "2013-03-08,2,2,2,2,1\nworse\n")
        let whole = try await replay(try history(folder.path, ["batch": .integer(batch)]), Self.names)
        var isAfterDefect: Set<InstrumentID> = []
        var flagged: [String] = []
        for delivery in whole.deliveries {
            isAfterDefect.formUnion(delivery.defects.compactMap(\.instrument))
            guard case .bars(let bars) = delivery.batch else { continue }
            for bar in bars where isAfterDefect.remove(bar.instrument) != nil {
                flagged += shown([bar])
            }
        }
        let expected = whole.bars.filter { bar in
            bar.instrument.rawValue == 0 ? bar.volume == 1 : bar.instrument.rawValue == 2 && bar.volume == 1
        }
        #expect(whole.defects.map(\.place) == ["IBM.csv:4", "MSFT.csv:4", "IBM.csv:6"])
        #expect(expected.count == 2)
        #expect(flagged == shown(expected))
    }

    @Test func grownFileGivesItsNewRows() async throws {
        let folder = try folder()
        let provider = try history(folder.path)
        let position = try #require(try await replay(provider, Self.names).deliveries.last?.position)
        #expect(try await replay(provider, Self.names, after: position).bars.isEmpty)
        try folder.write("AAPL.csv", Self.rows([4, 5, 6, 7, 8, 13], 1))
        #expect(try await replay(provider, Self.names, after: position).bars.map(\.close) == [1])
    }

    @Test func rewrittenFileIsResumedByTime() async throws {
        let folder = try folder()
        let provider = try history(folder.path)
        let position = try #require(try await replay(provider, Self.names).deliveries.last?.position)
        try folder.write("AAPL.csv", Self.rows([6, 7, 8, 11, 12], 1))
        let bars = try await replay(provider, Self.names, after: position).bars
        #expect(bars.map(\.close) == [1, 1])
    }

    @Test func newInstrumentComesFromItsBeginning() async throws {
        let folder = try folder()
        let provider = try history(folder.path)
        let position = try #require(try await replay(provider, ["MSFT", "AAPL"]).deliveries.last?.position)
        let rest = try await replay(provider, Self.names, after: position)
        #expect(rest.bars.map(\.close) == [2, 2, 2, 2])
    }

    @Test(arguments: ["", "2 1", "1 x", "1 0 5:3:AAPL.US", "1 0 a:b:c:AAPL.US"])
    func refusesPositionItDidNotWrite(text: String) async throws {
        let folder = try folder()
        let provider = try history(folder.path)
        let error = await #expect(throws: PluginError.self) {
            _ = try await replay(provider, Self.names, after: StreamPosition(text))
        }
        #expect(error?.code == .badRequest)
    }

    @Test func batchesAreFullUpToADefectAndTheLast() async throws {
        let folder = try folder()
        let recorder = try await replay(try history(folder.path, ["batch": .integer(5)]), Self.names)
        #expect(recorder.deliveries.map(\.batch.count) == [5, 3, 4])
    }

    @Test func manyDefectsAreHandedOnInParts() async throws {
        let folder = try TemporaryFolder()
        let bad = String(repeating: "2013-03-05,x,1,1,1,1\n", count: 5_000)
        try folder.write("AAPL.csv", Self.rows([4], 1) + bad + "2013-03-06,1,1,1,1,1\n")
        let provider = try history(folder.path)
        let recorder = try await replay(provider, ["AAPL"])
        #expect(recorder.defects.count == 5_000)
        #expect(recorder.bars.count == 2)
        #expect(recorder.deliveries.allSatisfy { $0.defects.count <= 2_048 })
        for delivery in recorder.deliveries.dropLast() {
            let rest = try await replay(provider, ["AAPL"], after: delivery.position)
            #expect(rest.bars.count + rest.defects.count < 5_002)
        }
    }

    @Test func endsWhereTheReceiverSaysSo() async throws {
        let folder = try folder()
        let provider = try history(folder.path, ["batch": .integer(1)])
        let recorder = Recorder(limit: 3)
        let subscription = Subscription(
            instruments: try TestInstruments(Self.names).references, kind: .bar, timeframe: Timeframe(1, .day))
        let error = await #expect(throws: PluginError.self) { try await provider.stream(subscription, into: recorder) }
        #expect(error?.code == .cancelled)
        #expect(recorder.bars.count == 3)
    }

    @Test func cancellingEndsAFullSpeedStream() async throws {
        let folder = try folder()
        let provider = try history(folder.path, ["batch": .integer(1)])
        let subscription = Subscription(
            instruments: try TestInstruments(Self.names).references, kind: .bar, timeframe: Timeframe(1, .day))
        let recorder = Recorder(onDelivery: { count in if count == 2 { withUnsafeCurrentTask { $0?.cancel() } } })
        let task = Task { try await provider.stream(subscription, into: recorder) }
        let error = await #expect(throws: PluginError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(recorder.bars.count == 2)
    }

    @Test func cancellingEndsTheWaitOfAPacedStream() async throws {
        let folder = try folder()
        let provider = try history(folder.path, ["pace": .text("1h")], clock: TestClock(isStopped: true))
        let subscription = Subscription(
            instruments: try TestInstruments(Self.names).references, kind: .bar, timeframe: Timeframe(1, .day))
        let (signals, signal) = AsyncStream.makeStream(of: Void.self)
        let recorder = Recorder(onDelivery: { _ in signal.yield() })
        let task = Task { try await provider.stream(subscription, into: recorder) }
        for await _ in signals { break }
        task.cancel()
        let error = await #expect(throws: PluginError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(recorder.bars.map(\.close) == [3])
    }

    @Test func stepPaceWaitsBeforeEachTimeStep() async throws {
        let folder = try folder()
        let clock = TestClock()
        let recorder = try await replay(try history(folder.path, ["pace": .text("250ms")], clock: clock), Self.names)
        #expect(clock.sleeps == Array(repeating: .milliseconds(250), count: 7))
        #expect(recorder.deliveries.map(\.batch.count) == [1, 1, 2, 2, 1, 1, 2, 1, 1])
        #expect(recorder.bars.count == 12)
    }

    @Test func factorPaceDividesTheGapsOfEventTime() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "AAPL.csv",
            Self.header + ["10:00", "10:01", "10:01", "10:31"].map { "2013-03-01 \($0),1,1,1,1,1\n" }.joined())
        let clock = TestClock()
        let provider = try history(folder.path, ["pace": .text("60x")], clock: clock)
        let recorder = try await replay(provider, ["AAPL"], timeframe: Timeframe(1, .minute))
        #expect(clock.sleeps == [.seconds(1), .seconds(30)])
        #expect(recorder.deliveries.map(\.batch.count) == [1, 2, 1])
    }

    @Test func runsAThousandFilesSideBySide() async throws {
        let folder = try TemporaryFolder()
        let names = (0..<1_500).map { "\(600_000 + $0).SH" }
        for name in names { try folder.write("\(name).csv", Self.rows([4, 5], 1)) }
        let recorder = try await replay(try history(folder.path), names)
        #expect(recorder.bars.count == 3_000)
        #expect(recorder.bars.prefix(1_500).map(\.instrument.rawValue) == Array(0..<1_500))
    }
}
