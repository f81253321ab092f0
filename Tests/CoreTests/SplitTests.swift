import PluginKit
import PredictionTargets
import Testing

@testable import HostCore

/// Rows of a model that versions share.
@Suite struct SplitTests {
    private static func split(_ slot: Int64 = 0, _ arms: [Int: Double] = [2: 0.25]) -> ModelSplit {
        ModelSplit(
            model: "m", champion: 1, arms: arms.map { .init($0.key, share: $0.value) }, slot: slot, sequence: 7)
    }

    private static func timeline(_ version: Int, columns: Int = 1) -> PredictorTimeline {
        PredictorTimeline(
            parts: [
                .init(validAfter: .min, validThrough: .max, predictor: SumPredictor(plus: Double(version) * 1_000))
            ],
            version: version)
    }

    @Test func sharesAreHeldAndTheSameEverywhere() {
        let names = (0..<4_000).map { Instrument(code: "\(600_000 + $0)", venue: "SH") }
        for arms in [[2: 0.25], [2: 0.5], [2: 0.2, 3: 0.3, 4: 0.1]] {
            let split = Self.split(0, arms)
            for (number, share) in arms {
                let count = names.count { split.version(of: $0, at: 0) == number }
                #expect(abs(Double(count) / 4_000 - share) < 0.025, "\(count) of version \(number)")
            }
            #expect(names.allSatisfy { split.version(of: $0, at: 0) == split.version(of: $0, at: 99 * day) })
        }
        // Reckoned once by another program from the definition.
        let drawn = names.prefix(24).map { Self.split().version(of: $0, at: 0) == 2 ? "2" : "1" }.joined()
        #expect(drawn == Self.known, "\(drawn)")
        let slots = (0..<4_000).map { Self.split(day).version(of: names[0], at: Int64($0) * day) }
        #expect(abs(slots.count { $0 == 2 } - 1_000) < 100)
        let same = Self.split(day)
        #expect(
            (0..<100).allSatisfy {
                same.version(of: names[$0], at: 5 * day) == same.version(of: names[0], at: 5 * day + 1)
            })
        #expect(Self.split(day).unit(names[0], at: -1) == "-1")
    }

    private static let known = "212121111112121112112121"

    @Test func eachRowIsServedByTheVersionThatIsDrawn() {
        let table = InstrumentTable()
        let ids = (0..<40).map { table.intern(Instrument(code: "S\($0)", venue: "US")) }
        let target = Target(.relativeReturn, bars: 1)
        let model = ServingModel(
            id: "m", target: target.description, columns: [0], measure: target, timeline: Self.timeline(1))
        let split = Self.split()
        model.swap(Self.timeline(1), shadows: [Self.timeline(2)], after: 7, split: (split, table))
        var stage = InferenceStage(model: model)
        for number in 1...3 {
            let keys = ids.map { RowKey(bar(Int($0.rawValue), number, close: 100 + Double(number))) }
            let features = keys.indices.map(Double.init)
            let batch = stage.process(keys, features: features, width: 1) { _, _ in }
            stage.shadow(keys, features: features, width: 1, made: ModelValues())
            let wanted = ids.map { split.version(of: table.instrument($0), at: 0) }
            #expect(Set(wanted) == [1, 2])
            let rows = batch?.rows.map(\.value) ?? []
            #expect(rows == zip(wanted, features).map { Double($0) * 1_000 + $1 })
            #expect(ids.indices.map { stage.versions[$0] } == wanted)
            // As served each row is kept once, under its version; the shadow predicts all of them besides.
            let served = stage.kept.filter { $0.shadow == 0 && $0.time == Int64(number) * day }
            #expect(served.map(\.version) == wanted)
            #expect(stage.kept.count { $0.shadow == 2 && $0.time == Int64(number) * day } == 40)
        }
        let known = stage.kept.filter { $0.shadow == 0 && $0.known != nil }
        #expect(known.count == 40)
        model.swap(Self.timeline(1), shadows: [], after: 8)
        let keys = ids.map { RowKey(bar(Int($0.rawValue), 4, close: 104)) }
        let all = stage.process(keys, features: keys.map { _ in 0 }, width: 1) { _, _ in }
        #expect(all?.rows.allSatisfy { $0.value == 1_000 } == true && stage.versions[3] == 1)
    }

    @Test func aVersionThatIsNotLoadedLeavesItsRowsToTheChampion() {
        let table = InstrumentTable()
        let model = ServingModel(id: "m", target: "t", columns: [0], timeline: Self.timeline(1))
        model.swap(Self.timeline(1), shadows: [], after: 7, split: (Self.split(0, [2: 0.9]), table))
        var stage = InferenceStage(model: model)
        let keys = (0..<20).map { number in
            RowKey(bar(Int(table.intern(Instrument(code: "S\(number)", venue: "US")).rawValue), 1, close: 100))
        }
        let batch = stage.process(keys, features: keys.map { _ in 0 }, width: 1) { _, _ in }
        #expect(batch?.rows.count == 20 && batch?.rows.allSatisfy { $0.value == 1_000 } == true)
    }
}
