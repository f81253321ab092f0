import HostCore
import PluginKit
import Testing

struct PipelineTests {
    @Test func barsBecomeFeaturesPredictionsAndRecords() async throws {
        let rig = fullRig()
        let sink = RecordingSink()
        let bars = (1...5).map { bar(0, $0, close: Double($0)) }
        let pipeline = rig.pipeline(
            ArrayProvider([delivery(bars, 1)]), [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        #expect(sink.rows(.bars).map(\.time) == bars.map(\.time))
        #expect(sink.rows(.features).count == 5)
        // Mean of three closes plus the count of events.
        let expected: [Double] = [2 + 3, 3 + 4, 4 + 5]
        #expect(sink.rows(.predictions).map { $0.bits[0] } == expected.map(\.bitPattern))
        #expect(sink.rows(.alerts).isEmpty)
        let flow = pipeline.snapshot
        #expect(flow.received == 5 && flow.accepted == 5 && flow.rejected.isEmpty && flow.ingestWaiting == 0)
        #expect(flow.models.first?.predicted == 3)
        #expect(flow.models.first?.notPredicted == ["missing_features": 2])
        #expect(flow.sinks.first?.delivered == 13)
        #expect(flow.addsUp)
    }

    @Test func readersSeeTheNewestValuesAndTheStoreKeepsTheBars() async throws {
        let rig = fullRig()
        let bars = walks(instruments: 2, days: 10, seed: 1)
        try await rig.pipeline(ArrayProvider(deliveries(bars, sizes: 1...4, seed: 1)), []).run()
        let last = try #require(bars.last { $0.instrument == id(1) })
        let entry = try #require(rig.latest.entries(id(1)).first)
        #expect(entry.event.time == last.time)
        #expect(entry.source == "source" && entry.timeframe == daily)
        #expect(rig.latest.predictions(id(1)).first?.prediction.time == last.time)
        #expect(rig.stores.bars.map(\.time) == bars.map(\.time))
    }

    @Test func whatIsRefusedGoesToQuarantineWithItsReason() async throws {
        let rig = Rig()
        var bad = bar(1, 2)
        bad.high = 1
        let defects = [
            Defect(instrument: id(0), place: "a.csv:3", reason: "unreadable_number", message: "m", raw: "x,y"),
            Defect(instrument: nil, place: "a.csv:4", reason: "missing_column", message: "m", raw: ""),
        ]
        let provider = ArrayProvider([delivery([bar(0, 1), bad], 1, defects: defects), delivery([], 2)])
        let pipeline = rig.pipeline(provider, [])
        try await pipeline.run()
        #expect(rig.stores.refused.map(\.reason) == ["unreadable_number", "missing_column", "high_below_low"])
        #expect(rig.stores.refused.map(\.instrument) == ["I0.TEST", nil, "I1.TEST"])
        #expect(rig.stores.refused.map(\.place) == ["a.csv:3", "a.csv:4", ""])
        #expect(rig.stores.refused.last?.message.hasPrefix("I1.TEST: high 1.0 is below low 5.0") == true)
        #expect(pipeline.snapshot.received == 4)
        #expect(pipeline.snapshot.rejected == ["unreadable_number": 1, "missing_column": 1, "high_below_low": 1])
        #expect(pipeline.snapshot.addsUp)
    }

    @Test func aProvidersFaultIsThrownAfterWhatItGaveWasDelivered() async throws {
        let sink = RecordingSink()
        let provider = ArrayProvider(
            [delivery([bar(0, 1)], 1), delivery([bar(0, 2)], 2)], then: .fails(PluginError(.malformed, "array: broke."))
        )
        let pipeline = Rig().pipeline(provider, [Rig.sink("out", sink)])
        let error = await #expect(throws: PluginError.self) { try await pipeline.run() }
        #expect(error?.message == "array: broke.")
        #expect(sink.rows.map(\.time) == [day, 2 * day])
        #expect(provider.acknowledged.last == "2")
        #expect(pipeline.snapshot.addsUp)
    }

    @Test func aPushOfAnotherKindIsRefused() async {
        let provider = ArrayProvider([Delivery(batch: .trades([]), position: StreamPosition("1"))])
        let error = await #expect(throws: PluginError.self) { try await Rig().pipeline(provider, []).run() }
        #expect(error?.code == .unsupported)
        #expect(
            error?.message.hasPrefix("provider/source: it pushed trade events where bar events were asked for.")
                == true,
            "\(error?.message ?? "")")
    }

    @Test func theStreamEndsAfterTheLastTimeAskedFor() async throws {
        var rig = Rig()
        rig.through = 3 * day
        let sink = RecordingSink()
        let provider = ArrayProvider([
            delivery([bar(0, 1), bar(0, 2)], 1), delivery([bar(0, 3), bar(0, 4)], 2), delivery([bar(0, 5)], 3),
            delivery([bar(1, 1)], 4),
        ])
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.map(\.time) == [1, 2, 3].map { $0 * day })
        #expect(pipeline.snapshot.received == 3)
        // The second delivery was cut, so its position is never acknowledged.
        #expect(provider.acknowledged == ["1"])
        #expect(!provider.isDone.isFired)
    }

    @Test func aLivePipelineAgesByTheMachinesClock() async throws {
        var rig = fullRig()
        rig.isReplay = false
        rig.wallTime = 6 * day
        rig.models = [Rig.model("count", [2])]
        let sink = RecordingSink()
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([bar(0, 1), bar(0, 4)], 1)]), [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        let flags = sink.rows(.predictions).map { EventFlags(rawValue: $0.flags) }
        #expect(flags == [[.stale], []])
        #expect(sink.rows(.alerts).map(\.time) == [day])
        #expect(pipeline.snapshot.alerts == ["stale_prediction": 1])
        #expect(pipeline.snapshot.models.first?.flagged == ["stale": 1])
    }

    @Test func barsOlderThanTheRouteAcceptsAreMarkedAndTheirPredictionsFlagged() async throws {
        var rig = fullRig(workers: 2)
        rig.maxAge = nil
        rig.acceptedAge = 2 * day
        rig.models = [Rig.model("count", [2])]
        let sink = RecordingSink()
        let bars = [bar(0, 9), bar(1, 5), bar(1, 7), bar(0, 10), bar(1, 8)]
        let pipeline = rig.pipeline(
            ArrayProvider([delivery(bars, 1)]), [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        for kind in [RecordKind.bars, .predictions] {
            let stale = sink.rows(kind).filter { EventFlags(rawValue: $0.flags).contains(.stale) }
            #expect(stale.map { $0.time / day } == [5])
        }
        #expect(sink.rows(.alerts).count == 1)
    }

    /// Late bars, refused bars and unreadable rows, cut into deliveries of different sizes, on one to four workers.
    @Test(arguments: [(1, 1...1), (1, 1...50), (2, 1...7), (4, 1...50), (3, 200...200)])
    func recordsOfAnInstrumentDependOnNeitherWorkersNorBatchSize(workers: Int, sizes: ClosedRange<Int>) async throws {
        let expected = try await records(workers: 1, sizes: 3...3)
        let made = try await records(workers: workers, sizes: sizes)
        #expect(made.keys == expected.keys)
        for (key, rows) in expected { #expect(made[key] == rows, "\(key)") }
        #expect(expected.values.contains { $0.contains { EventFlags(rawValue: $0.flags).contains(.stale) } })
        #expect(expected.values.contains { $0.contains { EventFlags(rawValue: $0.flags).contains(.afterRejected) } })
    }

    private func records(workers: Int, sizes: ClosedRange<Int>) async throws -> [String: [SeenRow]] {
        var rig = fullRig(workers: workers)
        rig.instrumentCount = 5
        var bars = spoiled(walks(instruments: 5, days: 80, seed: 11), rate: 9, seed: 2)
        // Instrument 4 comes with a delay of five days: its predictions are stale.
        for index in bars.indices where bars[index].instrument == id(4) { bars[index].time -= 5 * day }
        let sink = RecordingSink()
        let provider = ArrayProvider(deliveries(bars, sizes: sizes, seed: 8))
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        return Dictionary(grouping: sink.rows) { "\($0.kind) \($0.instrument?.rawValue ?? 0)" }
    }

    @Test(arguments: [1, 2, 4])
    func anUnreadableRowFlagsTheNextBarOfItsInstrumentOnAnyWorker(workers: Int) async throws {
        var rig = Rig()
        rig.workers = workers
        let sink = RecordingSink()
        let defects = [Defect(instrument: id(3), place: "p", reason: "unreadable_number", message: "", raw: "")]
        let provider = ArrayProvider([delivery([bar(2, 1), bar(3, 1)], 1, defects: defects)])
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        let flagged = sink.rows.filter { EventFlags(rawValue: $0.flags).contains(.afterRejected) }
        #expect(flagged.map(\.instrument) == [id(3)])
        #expect(pipeline.snapshot.received == 3)
    }

    @Test func aSinkIsGivenOnlyTheKindsItWants() async throws {
        let rig = fullRig()
        let (bars, predictions) = (RecordingSink(), RecordingSink())
        let provider = ArrayProvider(deliveries(walks(instruments: 2, days: 9, seed: 3), sizes: 2...5, seed: 3))
        try await rig.pipeline(
            provider, [Rig.sink("bars", bars), Rig.sink("predictions", predictions, records: [.predictions])]
        ).run()
        #expect(Set(bars.rows.map(\.kind)) == [.bars])
        #expect(Set(predictions.rows.map(\.kind)) == [.predictions])
        #expect(!predictions.rows.isEmpty)
    }
}
