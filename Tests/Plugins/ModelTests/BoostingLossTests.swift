import PluginKit
import Synchronization
import Testing
import XGBoostInterface
import XGBoostModel

/// What `model/xgboost` makes small beside the squared error, and what else a fit of it takes.
@Suite(.enabled(if: isXGBoostInstalled, noXGBoost)) struct BoostingLossTests {
    private func predictor(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> any Predictor {
        let model = try XGBoost(options(XGBoost.descriptor, changes), context: context())
        return try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: set.features)
    }

    private func fitFault(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> PluginError? {
        let model = try XGBoost(options(XGBoost.descriptor, changes), context: context())
        return await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
    }

    /// Noise whose spread grows with the feature: its quantiles fan out, its mean stays.
    private func fan(rows: Int = 4_000) -> TrainingSet {
        var numbers = Sequence64(state: 3)
        let values = (0..<rows).map { _ in numbers.next() }
        return trainingSet(["x"], values, values.map { 0.02 * $0 * (numbers.next() - 0.5) })
    }

    @Test(arguments: [0.1, 0.5, 0.9]) func aQuantileHasItsShareOfOutcomesBelow(share: Double) async throws {
        let set = fan()
        let predictor = try await predictor(
            set, ["loss": .text("quantile"), "quantile": .number(share), "max_depth": .integer(3)])
        guard case .quantile(share) = predictor.outputs[0].role else {
            Issue.record("\(predictor.outputs[0].role) is no quantile of \(share)")
            return
        }
        let found = try predictor.values(set.values, width: 1)
        for part in [0..<0.5, 0.5..<1.0] {
            let rows = set.labels.indices.filter { part.contains(set.values[$0]) }
            let below = Double(rows.count { set.labels[$0] < found[$0] }) / Double(rows.count)
            #expect(abs(below - share) < 0.05, "of rows in \(part) \(below) lie below")
        }
        // Uniform noise of width 0.02 x.
        let ends = try predictor.values([0.3, 0.95], width: 1)
        for (value, x) in zip(ends, [0.3, 0.95]) { #expect(abs(value - 0.02 * x * (share - 0.5)) < 0.002) }
    }

    /// Forty instruments an event time, moved together by what no feature knows.
    private func market(instants: Int = 150) -> TrainingSet {
        var numbers = Sequence64(state: 9)
        var (values, labels, times, instruments) = ([Double](), [Double](), [Int64](), [InstrumentID]())
        for time in 0..<instants {
            let tide = 4 * (numbers.next() - 0.5)
            for instrument in 0..<40 {
                let own = numbers.next()
                values += [own, numbers.next()]
                labels.append(tide + 0.1 * own + 0.02 * (numbers.next() - 0.5))
                times.append(Int64(time))
                instruments.append(InstrumentID(rawValue: UInt32(instrument)))
            }
        }
        return TrainingSet(
            features: ["own", "noise"], values: values, labels: labels, times: times, instruments: instruments)
    }

    /// Pairs of one event time that are in the order of their labels.
    private func ordered(_ set: TrainingSet, _ scores: [Double]) -> Double {
        var (right, all) = (0.0, 0.0)
        for first in stride(from: 0, to: set.count, by: 40) {
            for left in first..<first + 40 {
                for other in first..<left {
                    right += (set.labels[left] > set.labels[other]) == (scores[left] > scores[other]) ? 1 : 0
                    all += 1
                }
            }
        }
        return right / all
    }

    @Test func aRankingOrdersInstrumentsWhereTheTideHidesThemFromASquare() async throws {
        let (set, other) = (market(), market(instants: 60))
        let shape: [String: ConfigurationValue] = ["rounds": .integer(60), "max_depth": .integer(3)]
        let ranking = try await predictor(set, shape.merging(["loss": .text("ranking")]) { $1 })
        let squared = try await predictor(set, shape)
        let found = ordered(other, try ranking.values(other.values, width: 2))
        #expect(found > 0.88, "\(found) of the pairs are in order")
        #expect(found > ordered(other, try squared.values(other.values, width: 2)) + 0.05)
    }

    @Test func aRankingNeedsInstrumentsToCompare() async throws {
        let error = try await fitFault(fan(rows: 100), ["loss": .text("ranking")])
        #expect(error?.code == .badRequest && error?.message.contains("per: pool") == true, "\(error?.message ?? "")")
    }

    @Test(arguments: BoostingLoss.Kind.allCases) func growingEndsWhereTheWatchedRowsGainNoMore(
        loss: BoostingLoss.Kind
    ) async throws {
        let told = Mutex<[String: Double]>([:])
        let context = FitContext(seed: 1, report: { figure, value in told.withLock { $0[figure] = value } })
        let set = market(instants: 40)
        let model = try XGBoost(
            options(
                XGBoost.descriptor,
                ["loss": .text(loss.rawValue), "early_stopping": .integer(5), "rounds": .integer(2_000)]),
            context: self.context())
        let artifact = try await model.fit(set, context: context)
        let rounds = try #require(told.withLock { $0["rounds"] })
        #expect(rounds >= 1 && rounds < 300, "\(rounds) rounds")
        let text = String(decoding: artifact, as: UTF8.self)
        #expect(text.contains("\"num_trees\":\"\(Int(rounds))\""))
        #expect(try model.load(artifact, features: set.features).values([0.5, 0.5], width: 2)[0].isFinite)
    }

    @Test func aFeatureNeverMovesAPredictionAgainstItsConstraint() async throws {
        let set = bentSet(rows: 2_000, features: 3)
        let steps = stride(from: -2.0, to: 2, by: 0.05).map { $0 }
        func moves(_ changes: [String: ConfigurationValue]) async throws -> [Double] {
            let predictor = try await predictor(set, changes)
            var moves: [Double] = []
            for other in [-1.5, 0, 1.5] {
                let along = try predictor.values(steps.flatMap { [$0, 0.2, other] }, width: 3)
                moves += zip(along.dropFirst(), along).map { $0 - $1 }
            }
            return moves
        }
        let free = try await moves([:])
        #expect(free.contains { $0 > 0 } && free.contains { $0 < 0 })
        #expect(try await moves(["increasing": .text("f.0")]).allSatisfy { $0 >= 0 })
        #expect(try await moves(["decreasing": .text("f.1, f.0")]).allSatisfy { $0 <= 0 })
    }

    @Test func saysWhichFeatureAConstraintDoesNotFind() async throws {
        let set = bentSet(rows: 100, features: 2)
        let unknown = try await fitFault(set, ["increasing": .text("g")])
        #expect(
            unknown?.message
                == "model/xgboost: 'increasing' names 'g', which is no feature of the model; it sees f.0, f.1. "
                + "Correct the name, or add it to 'features'.")
        let both = try await fitFault(set, ["increasing": .text("f"), "decreasing": .text("f.1")])
        #expect(both?.message.contains("'f.1' is in both") == true)
    }

    /// Rows that count nearly nothing change nearly nothing.
    @Test(arguments: BoostingLoss.Kind.allCases) func rowsCountByTheirWeights(loss: BoostingLoss.Kind) async throws {
        let set = market(instants: 60)
        let half = set.count / 2
        let spoiled = TrainingSet(
            features: set.features, values: set.values,
            labels: set.labels.enumerated().map { $0 < half ? $1 : -$1 }, times: set.times,
            instruments: set.instruments, weights: set.labels.indices.map { $0 < half ? 1.9999 : 0.0001 })
        let shape: [String: ConfigurationValue] = ["loss": .text(loss.rawValue), "max_depth": .integer(2)]
        let found = try await predictor(spoiled, shape).values([0.1, 0.5, 0.9, 0.5], width: 2)
        #expect(found[1] > found[0], "the half that counts grows with the feature: \(found)")
    }

    private func context() -> PluginContext {
        PluginContext(baseDirectory: "/nowhere", stateDirectory: "/nowhere", instruments: NoInstruments())
    }
}
