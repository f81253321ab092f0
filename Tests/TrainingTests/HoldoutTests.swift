import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// What is held out is seen by a look alone.
@Suite struct HoldoutTests {
    private let bars = walks(instruments: 3, days: 300, seed: 8)

    @Test func nothingIsTestedOnIt() async throws {
        let notes = FitNotes()
        let plan = try searchedPlan(scheme(trials: 8), holdout: 0.25, notes: notes)
        let rows = try SupervisedSet(data(bars), plan).rows
        let start = try #require(plan.validation.holdoutStart(of: rows))
        #expect(rows.count { $0.time >= start } > rows.count / 6)
        let artifact = try await Trainer(plan: plan).fit(data(bars))
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.folds.allSatisfy { $0.validThrough < start })
        // Every fit but the one that serves ends before it, label and embargo included.
        let last = try #require(plan.validation.before(start, rows).map { rows[$0].time }.max())
        #expect(notes.all.count { $0.through > last } == 1)
        // And no part predicts within it.
        let parts = artifact.parts
        #expect(parts.dropLast().allSatisfy { $0.validThrough < start })
        #expect(parts.last.map { $0.validAfter >= (rows.map(\.labelEnd).max() ?? 0) - 1 } == true)
    }

    @Test func aLookJudgesAllOfItWithTheChosenOptions() async throws {
        let notes = FitNotes()
        let plan = try searchedPlan(scheme(trials: 8), holdout: 0.25)
        let card = try #require(ModelCard(json: try await Trainer(plan: plan).fit(data(bars)).card))
        let looking = try searchedPlan(scheme(trials: 8), holdout: 0.25, notes: notes)
        let figures = try await Trainer(plan: looking).look(data(bars), card.search ?? [])
        let rows = try SupervisedSet(data(bars), plan).rows
        let start = try #require(plan.validation.holdoutStart(of: rows))
        #expect(figures.metrics.rows == rows.count { $0.time >= start } && figures.from >= start)
        #expect(figures.trainRows == plan.validation.before(start, rows).count)
        #expect(notes.all.map { "\($0.x)" } == [card.search?.last?.options["x"]])
        #expect(HoldoutFigures(json: figures.json) == figures)
    }

    @Test func withoutOneThereIsNothingToLookAt() async throws {
        let plan = try searchedPlan(scheme(trials: 8))
        let fault = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).look(data(bars), []) }
        #expect(fault?.message.contains("validation: { holdout: 0.2 }") == true)
        #expect("\(plan.validation)" == "walk_forward,3,1,all,2,10")
    }
}
