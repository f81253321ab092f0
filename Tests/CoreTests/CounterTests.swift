import HostCore
import PluginKit
import Testing

struct CounterTests {
    /// Many deliveries with bad rows, models that skip and fault, sinks that refuse, ask again, fail and drop.
    @Test(arguments: 1...12)
    func everythingAddsUpHoweverTheSinksBehave(seed: Int) async throws {
        let random = Guarded(Seeded(UInt64(seed)))
        var rig = fullRig(workers: 1 + seed % 4)
        rig.patience = 3
        rig.models.append(
            Rig.model("faulty", [2], SumPredictor(fault: (above: 40, seed % 2 == 0 ? .throwing : .infinite))))
        rig.models.append(ServingModel(id: "absent", target: "t", columns: [0], timeline: nil))
        let bars = spoiled(walks(instruments: 4, days: 150, seed: UInt64(seed)), rate: 7, seed: UInt64(seed))
        let unreadable = Defect(instrument: id(1), place: "p", reason: "unreadable_number", message: "", raw: "")
        let given = deliveries(bars, sizes: 0...20, seed: UInt64(seed)).enumerated().map { number, delivery in
            Delivery(
                batch: delivery.batch, position: delivery.position, defects: number % 5 == 0 ? [unreadable] : [])
        }
        let policies = QueuePolicy.allCases
        let sinks = policies.indices.map { index in
            Rig.sink(
                policies[index].rawValue, Self.capriciousSink(random), records: Rig.allRecords, capacity: 2,
                policy: policies[index])
        }
        let pipeline = rig.pipeline(ArrayProvider(given), sinks)
        try await pipeline.run()
        let flow = pipeline.snapshot
        #expect(flow.addsUp)
        let defects = given.reduce(0) { $0 + $1.defects.count }
        #expect(flow.received == bars.count + defects)
        #expect(flow.rejected["unreadable_number"] == defects)
        #expect(rig.stores.refused.count == flow.rejected.values.reduce(0, +))
        #expect(rig.stores.bars.count == flow.accepted)
        #expect(flow.models[2].notPredicted == ["model_not_ready": flow.accepted])
        for sink in flow.sinks { #expect(sink.waiting == 0 && sink.offered > 0) }
        // Under `block` every row reaches the sink: it is taken, refused, or given up after its tries.
        #expect(Set(flow.sinks[0].dropped.map(\.key)).isSubset(of: ["write_failed"]))
    }

    private static func capriciousSink(_ random: Guarded<Seeded>) -> RecordingSink {
        RecordingSink { (_, batch) async throws(PluginError) in
            let (turn, row) = random.change { random in
                (Int.random(in: 0..<10, using: &random), Int.random(in: 0..<batch.count, using: &random))
            }
            switch turn {
            case 0: throw PluginError(.transient, "sink: no route.")
            case 1: throw PluginError(.malformed, "sink: refused.")
            case 2: return WriteReceipt(rejected: [WriteReceipt.Rejection(row: row, reason: "too_long")])
            case 3: return WriteReceipt(retry: Array(row..<batch.count))
            case 4: return WriteReceipt(rejected: [WriteReceipt.Rejection(row: row, reason: "odd")], retry: [0, row])
            case 5:
                await Task.yield()
                return .accepted
            default: return .accepted
            }
        }
    }

    @Test func aSnapshotThatLosesARowDoesNotAddUp() {
        var flow = FlowSnapshot(pipeline: "p")
        #expect(flow.addsUp)
        flow.received = 3
        (flow.accepted, flow.rows) = (2, 2)
        #expect(!flow.addsUp)
        flow.rejected = ["duplicate": 1]
        #expect(flow.addsUp)
        flow.models = [FlowSnapshot.Model(id: "m")]
        #expect(!flow.addsUp)
        flow.models[0].predicted = 1
        flow.models[0].notPredicted = ["missing_features": 1]
        #expect(flow.addsUp)
        flow.sinks = [FlowSnapshot.Sink(id: "s")]
        flow.sinks[0].offered = 1
        #expect(!flow.addsUp)
        flow.sinks[0].waiting = 1
        #expect(flow.addsUp)
    }
}
