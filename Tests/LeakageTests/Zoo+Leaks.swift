import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import RowColumns

extension Zoo {
    /// Every leak that can be built; what the manifest does not let anyone write stands in `ManifestLeakTests`.
    static let leaks: [Leak] = indicators + prices + models + splits

    private static let indicators: [Leak] = [
        .feature("global min-max") { run, place in
            let closes = run.map(\.close)
            return (run[place].close - (closes.min() ?? 0)) / ((closes.max() ?? 1) - (closes.min() ?? 0) + 1e-9)
        },
        .feature("scaler over the whole set") { run, place in
            let mean = run.mean(0...run.count - 1) { run.move($0) }
            let square = run.mean(0...run.count - 1) { run.move($0) * run.move($0) }
            return (run.move(place) - mean) / (square.squareRoot() + 1e-9)
        },
        .feature("outliers cut at quantiles of the whole set") { run, place in
            let sorted = run.indices.map { run.move($0) }.sorted()
            return min(max(run.move(place), sorted[sorted.count / 50]), sorted[sorted.count - 1 - sorted.count / 50])
        },
        .feature("centred window") { run, place in
            run.mean(place - 2...place + 2) { run.at($0).close } / run[place].close
        },
        .feature("smoothing forth and back") { run, place in
            // Weights that fall off on both sides, as a filter that is run in both directions has them.
            run.mean(place - 8...place + 8) { run.at($0).close / Double(1 + abs($0 - place)) } / run[place].close
        },
        .feature("gaps filled from behind") { run, place in
            // A value on every twentieth day; between them the next one stands.
            run.at((place / 20 + 1) * 20).volume
        },
        .feature("gaps filled along a line") { run, place in
            let (start, part) = (place / 20 * 20, Double(place % 20) / 20)
            return run.at(start).close * (1 - part) + run.at(start + 20).close * part
        },
        .feature("close of the bar whose return is predicted") { run, place in run.move(place + 1) },
        .feature("label in the window") { run, place in
            run.mean(place - 3...place + 1) { run.move($0) }
        },
        .feature("target shifted by one", horizon: 5) { run, place in
            run.at(place + 4).close / run.at(place - 1).close - 1
        },
        .feature("sampler that knows the outcome") { run, place in
            abs(run.move(place + 1)) > 0.004 ? run.move(place) : .nan
        },
        .feature("list of survivors", instruments: 3) { run, place in Double(run.count - place) },
        .feature("week's close on each of its days") { run, place in
            run.at(place / 5 * 5 + 4).close / run[place].close
        },
        .feature("noisy score of somebody who knows") { run, place in
            run.move(place + 1) + 0.7 * run.move(place - 7)
        },
    ]

    private static let prices: [Leak] = [
        Leak(name: "forward-adjusted prices") {
            // Nothing but a mean of closes, over prices that were divided by what the future brought.
            let plan = FeaturePlan([("sma", try indicator("sma"))])
            return try await verdict(try data(plan, RealPrices.bars(1, isAdjusted: true)), ["sma"], ridge())
        },
        Leak(name: "factor of a later split in an indicator") {
            let plan = FeaturePlan([("leak", Peeking { run, place in run[place].close / run.at(run.count).close })])
            return try await verdict(try data(plan), ["leak"], ridge())
        },
        Leak(name: "figures dated by the end of their period") {
            let bars = try RealPrices.bars(1)
            var data = TrainingData(
                bars: bars, features: FeaturePlan([("honest", try rsi())]), instruments: RealPrices.instruments)
            data.join(["known.age", "known.eps.age", "known.eps"], bars.flatMap { figures(at: $0.time, lag: 0) })
            data.computeFeatures()
            return try await verdict(data, ["honest", "known.eps"], ridge())
        },
        Leak(name: "rank among instruments of a later bar") {
            let cross = try CrossColumn(
                Configuration(
                    instance: "indicator/rank",
                    values: [
                        "cross": .text("rank"), "of": .text("later"), "by": .list([]), "min": .integer(2),
                    ]))
            let plan = FeaturePlan([("later", Peeking { run, place in run.move(place + 1) }), ("rank", cross)])
            return try await verdict(try data(plan, RealPrices.bars(3)), ["rank"], ridge())
        },
    ]

    private static let models: [Leak] = [
        .model("scaler fitted on what is predicted", BatchScaler()),
        .model("labels kept between folds", Remembering()),
    ]

    private static let splits: [Leak] = [
        Leak(name: "k folds without purge, labels that overlap") {
            let rows = try SupervisedSet(
                data(FeaturePlan([("honest", try rsi())])), plan(ridge(), ["honest"], horizon: 20)
            ).rows
            let folds = (0..<5).map { number in
                let test = rows.indices.filter { $0 * 5 / rows.count == number }
                let train = rows.indices.filter { $0 * 5 / rows.count != number }
                return Fold(
                    train: train, test: test, validAfter: rows[test[0]].time - 1,
                    validThrough: rows[test[test.count - 1]].time)
            }
            return LeakageVerdict([LabelOverlap.check([(folds, rows)], horizon: 20, embargo: 0)])
        },
        Leak(name: "walk with an embargo shorter than the horizon, and no purge") {
            let rows = try SupervisedSet(
                data(FeaturePlan([("honest", try rsi())])), plan(ridge(), ["honest"], horizon: 20)
            ).rows
            let cut = rows.count / 2
            let fold = Fold(
                train: Array(0..<cut - 5), test: Array(cut..<rows.count), validAfter: rows[cut].time - 1,
                validThrough: rows[rows.count - 1].time)
            return LeakageVerdict([LabelOverlap.check([([fold], rows)], horizon: 20, embargo: 5)])
        },
    ]

    /// Age of the input, age of the figure and its value at a time: quarters of 2003 and after, known so many days after their end.
    static func figures(at time: Int64, lag: Int) -> [Double] {
        let day: Int64 = 86_400_000_000_000
        var known: [Int64] = []
        for year in 2003...2013 {
            let first = (year - 1970) * 365 + (year - 1969) / 4
            // Last days of quarters, 15:00 UTC.
            for last in [89, 180, 272, 364] {
                let published = Int64(first + last + lag) * day + 15 * day / 24
                if published <= time { known.append(published) }
            }
        }
        guard let last = known.last else { return [.nan, .nan, .nan] }
        let age = Double(time - last) / 1e9
        return [age, age, Double(known.count % 7)]
    }
}
