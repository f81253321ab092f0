import HostCore
import HostTraining
import Indicators
import PluginKit
import PredictionTargets
import RowColumns
import Testing

struct SupervisedSetTests {
    @Test func rowsHaveTheirFeaturesLabelAndTheTimesTheyRestOn() throws {
        let closes = (1...12).map { 100 + Double($0 * $0) }
        let bars = closes.enumerated().map { bar(0, $0.offset + 1, close: $0.element) }
        let set = try supervised(bars, try features(), columns: [1], target: Target(.relativeReturn, bars: 2))
        // The mean over three bars exists from day 3 on, the label until day 10.
        #expect(set.rows.map { $0.time / day } == Array(3...10))
        #expect(set.rows.map { $0.labelEnd / day } == Array(5...12))
        #expect(set.features == ["sma3"])
        for (row, index) in zip(set.rows, 2...9) {
            #expect(row.label == closes[index + 2] / closes[index] - 1)
            #expect(row.trailing == closes[index] / closes[index - 2] - 1)
        }
        #expect(abs(set.values[0] - (101.0 + 104 + 109) / 3) < 1e-9)
        #expect(set.values.count == set.rows.count)
    }

    @Test func aWindowOfTimeLeavesOutOlderRowsAndNothingOfWhatRowsAreMadeFrom() throws {
        let bars = walks(instruments: 2, days: 60, seed: 5)
        func set(_ days: Int?) throws -> SupervisedSet {
            let window = days.map { Duration.seconds($0 * 86_400) }
            return try SupervisedSet(
                data(bars),
                TrainingPlan(
                    id: "next", model: MeanModel(), descriptor: MeanModel.descriptor, features: names([0, 2]),
                    target: Target(.relativeReturn, bars: 1),
                    validation: ValidationScheme(folds: 4, embargo: 2, minTrain: 10), seed: 7, threads: 1,
                    retrain: RetrainScheme(every: RetrainScheme.Occasion(bars: 5), window: window),
                    configurationDigest: "c0ffee"))
        }
        let (all, cut) = (try set(nil), try set(20))
        let start = (bars.map(\.time).max() ?? 0) - 20 * day
        let expected = all.rows.count { $0.time >= start }
        #expect(cut.rows.count == expected)
        #expect(expected > 10 && expected < all.rows.count)
        #expect(cut.values == Array(all.values.suffix(cut.values.count)))
        #expect(cut.rows.map(\.label) == all.rows.suffix(cut.rows.count).map(\.label))
    }

    @Test func instrumentsAreLabelledApartAndSortedByTimeThenInstrument() throws {
        let bars = walks(instruments: 3, days: 60, seed: 5)
        let set = try supervised(bars, try features(), columns: [0, 2], target: Target(.relativeReturn, bars: 1))
        for (left, right) in zip(set.rows, set.rows.dropFirst()) {
            #expect((left.time, left.instrument) < (right.time, right.instrument))
        }
        for number in 0..<3 {
            let own = bars.filter { $0.instrument == id(number) }
            let alone = try supervised(own, try features(), columns: [0, 2], target: Target(.relativeReturn, bars: 1))
            let positions = set.rows.indices.filter { set.rows[$0].instrument == id(number) }
            #expect(positions.map { set.rows[$0].label } == alone.rows.map(\.label))
            #expect(set.input(positions) == alone.values)
        }
    }

    @Test func anExcessReturnIsWhatIsAboveTheMeanOfItsTime() throws {
        let bars = walks(instruments: 4, days: 80, seed: 11)
        let plan = try features()
        let raw = try supervised(bars, plan, columns: [0, 2], target: Target(.relativeReturn, bars: 2))
        let set = try supervised(bars, plan, columns: [0, 2], target: Target(.excessReturn, bars: 2))
        let groups = Dictionary(grouping: set.rows, by: \.time)
        #expect(groups.count > 50 && set.rows.count <= raw.rows.count)
        // From day 20 on every instrument has its features, so the rows of a time are its whole cross-section.
        for (time, rows) in groups where time > 20 * day {
            let others = raw.rows.filter { $0.time == time }
            // Those count whose label is known when that of the row is; there are two at least.
            func known(_ row: SupervisedSet.Row) -> [Double] {
                others.filter { $0.labelEnd <= row.labelEnd }.map(\.label)
            }
            let compared = others.filter { known($0).count > 1 }
            #expect(rows.map(\.instrument) == compared.map(\.instrument))
            for (row, other) in zip(rows, compared) {
                let mean = known(row).reduce(0, +) / Double(known(row).count)
                #expect(abs(row.label - (other.label - mean)) < 1e-14)
            }
        }
        let alone = try supervised(
            bars.filter { $0.instrument == id(0) }, plan, columns: [0, 2], target: Target(.excessReturn, bars: 2))
        #expect(alone.rows.isEmpty)
    }

    @Test func aRankIsAmongThoseOfItsTimeWhoseLabelIsKnown() throws {
        let bars = walks(instruments: 6, days: 80, seed: 11)
        let plan = try features()
        let raw = try supervised(bars, plan, columns: [0, 2], target: Target(.relativeReturn, bars: 2))
        let set = try supervised(bars, plan, columns: [0, 2], target: Target(.rank, bars: 2))
        var compared = 0
        for row in set.rows where row.time > 20 * day {
            let own = try #require(raw.rows.first { $0.time == row.time && $0.instrument == row.instrument })
            let known = raw.rows.filter { $0.time == row.time && $0.labelEnd <= row.labelEnd }.map(\.label).sorted()
            let place = try #require(known.firstIndex(of: own.label))
            #expect(abs(row.label - ((Double(place) + 0.5) / Double(known.count) - 0.5)) < 1e-15)
            compared += 1
        }
        #expect(compared > 150)
    }

    @Test func aColumnThatComparesIsARankWithinItsTimeWithoutLateBars() throws {
        var bars = walks(instruments: 4, days: 80, seed: 3)
        let late = try #require(bars.indices.first { bars[$0].time == 40 * day })
        bars[late].flags.insert(.late)
        let options: [String: ConfigurationValue] = ["period": .integer(3), "source": .text("close")]
        let mean = try SMA(Configuration(instance: "indicator/mean", values: options))
        let rank = try CrossColumn(
            Configuration(
                instance: "indicator/rank",
                values: ["cross": .text("rank"), "of": .text("mean"), "by": .list([]), "min": .integer(2)]))
        var bank = IndicatorBank<Bar>(plan: FeaturePlan([("mean", mean)]))
        var means: [Double] = []
        bank.process(bars, into: &means)
        var known: [Int64: [Double]] = [:]
        for (bar, mean) in zip(bars, means) where mean.isFinite && !bar.flags.contains(.late) {
            known[bar.time, default: []].append(mean)
        }
        let set = try supervised(
            bars, FeaturePlan([("mean", mean), ("rank", rank)]), columns: [0, 1],
            target: Target(.relativeReturn, bars: 1))
        #expect(set.rows.count > 150)
        #expect(!set.rows.contains { $0.time == bars[late].time && $0.instrument == bars[late].instrument })
        for (index, row) in set.rows.enumerated() {
            let others = known[row.time] ?? []
            let below = others.count { $0 < set.values[2 * index] }
            #expect(set.values[2 * index + 1] == Double(below + 1) / Double(others.count))
        }
    }

    @Test func noLabelReachesAcrossANewLevel() throws {
        var bars = walks(instruments: 1, days: 60, seed: 9)
        for index in 30..<bars.count {
            bars[index].open *= 190
            bars[index].high *= 190
            bars[index].low *= 190
            bars[index].close *= 190
        }
        bars[30].flags.insert(.newLevel)
        let set = try supervised(bars, try features(), columns: [0, 2], target: Target(.relativeReturn, bars: 3))
        #expect(set.rows.allSatisfy { abs($0.label) < 1 && abs($0.trailing) < 1 })
        #expect(!set.rows.contains { $0.time < bars[30].time && $0.labelEnd >= bars[30].time })
        #expect(set.rows.contains { $0.time > bars[30].time })
        #expect(set.values.allSatisfy { $0.isFinite })
    }

    @Test func selectedRowsBecomeATrainingSet() throws {
        let set = try supervised(
            walks(instruments: 2, days: 40, seed: 2), try features(), columns: [2, 0],
            target: Target(.volatility, bars: 3))
        let chosen = set.trainingSet([0, 2, 5])
        #expect(chosen.count == 3)
        #expect(chosen.features == ["sma8", "rsi5"])
        #expect(chosen.labels == [0, 2, 5].map { set.rows[$0].label })
        #expect(chosen.times == [0, 2, 5].map { set.rows[$0].time })
        #expect(chosen.values == set.input([0, 2, 5]))
        #expect(Array(chosen.values[2..<4]) == Array(set.values[4..<6]))
    }

    @Test func theDataDigestKnowsInstrumentsByNameAndEveryBar() throws {
        let bars = walks(instruments: 2, days: 20, seed: 4)
        var changed = bars
        changed[7].close += 1e-9
        let digest = try data(bars).digest
        #expect(try data(bars).digest == digest)
        var pieces = BarsDigest(try data(bars).instruments)
        let held = try data(bars).bars
        for start in stride(from: 0, to: held.count, by: 7) {
            pieces.add(Array(held[start..<min(start + 7, held.count)]))
        }
        #expect(pieces.text == digest)
        #expect(try data(changed).digest != digest)
        #expect(try data(Array(bars.dropLast())).digest != digest)
        let renamed = InstrumentTable()
        for name in ["X", "Y"] { _ = renamed.intern(Instrument(code: name, venue: "TEST")) }
        #expect(TrainingData(bars: bars, features: try features(), instruments: renamed).digest != digest)
    }
}
