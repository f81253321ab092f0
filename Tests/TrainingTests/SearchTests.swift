import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Synchronization
import Testing

/// Options are searched on what a fit may learn from, the same whoever searches and however often it is begun again.
@Suite struct SearchTests {
    private let bars = walks(instruments: 3, days: 260, seed: 21)

    private func card(_ plan: TrainingPlan) async throws -> ModelCard {
        try #require(ModelCard(json: try await Trainer(plan: plan).fit(data(bars)).card))
    }

    @Test func findsTheBetterOptionForEveryTestAndForWhatServes() async throws {
        let card = try await card(try searchedPlan(scheme()))
        let searches = try #require(card.search)
        #expect(searches.count == card.folds.count + 1)
        #expect(searches.map(\.validAfter) == card.folds.map { Optional($0.validAfter) } + [nil])
        for search in searches {
            let x = try #require(search.options["x"].flatMap { Double($0) })
            #expect(abs(x - 0.3) < 0.15, "\(search)")
            #expect(search.trials == 24 && search.failed == 0 && search.finished < 24 && search.finished > 0)
            let (expected, deflated) = (try #require(search.expectedMaximum), try #require(search.deflated))
            #expect(search.naive == 0 && expected > 0 && abs(search.score - expected - deflated) < 1e-12)
            #expect((0...1).contains(try #require(search.probability)))
        }
    }

    @Test func howManyRunSideBySideChangesNothing() async throws {
        let (one, four) = (MemoryTrials(), MemoryTrials())
        let first = try await card(try searchedPlan(scheme(), workers: 1, trials: one))
        let second = try await card(try searchedPlan(scheme(), workers: 4, trials: four))
        #expect(first.search == second.search && first.metrics == second.metrics)
        #expect(one.all == four.all && !one.all.isEmpty)
        let other = MemoryTrials()
        _ = try await card(try searchedPlan(scheme(seed: 6), trials: other))
        #expect(other.all != one.all)
    }

    @Test func noSearchSeesWhatItsTestJudges() async throws {
        let notes = FitNotes()
        let plan = try searchedPlan(scheme(trials: 8), workers: 1, notes: notes)
        let card = try await card(plan)
        // Fits come search after search, the first is the leakage gate's: those before the last fit of a test belong to it.
        var fits = notes.all.dropFirst()
        for (fold, search) in zip(card.folds, try #require(card.search)) {
            let chosen = try #require(search.options["x"].flatMap { Double($0) })
            let rows = try SupervisedSet(data(bars), plan)
            let through = plan.validation.folds(of: rows.rows).first { $0.validAfter == fold.validAfter }
                .flatMap { $0.train.map { rows.rows[$0].time }.max() }
            let end = try #require(fits.firstIndex { $0.x == chosen && $0.through == through })
            #expect(fits[...end].allSatisfy { $0.through <= fold.validAfter })
            #expect(fits[..<end].allSatisfy { $0.through < (through ?? 0) } && end > fits.startIndex)
            fits = fits[(end + 1)...]
        }
    }

    @Test func aSearchBegunAgainComputesWhatIsMissing() async throws {
        let whole = MemoryTrials()
        let expected = try await card(try searchedPlan(scheme(), trials: whole))
        // The first run is stopped on the way: what had ended is stored.
        let (stored, notes) = (MemoryTrials(), FitNotes())
        let count = Mutex(0)
        let plan = try searchedPlan(scheme(), workers: 2, trials: stored)
        let stopped = Trainer(
            plan: plan,
            isCancelled: {
                count.withLock { count in
                    count += 1
                    return count > 120
                }
            })
        let fault = await #expect(throws: PluginError.self) { try await stopped.fit(data(bars)) }
        #expect(fault?.code == .cancelled)
        #expect(stored.all.count > 20 && stored.all.count < whole.all.count)
        let before = stored.all.count
        let again = try await card(try searchedPlan(scheme(), trials: stored, notes: notes))
        #expect(again.search == expected.search && stored.all == whole.all)
        // One fit a missing fold, those of the tests and of what serves, and the leakage gate's three.
        #expect(notes.all.count == whole.all.count - before + expected.folds.count + 1 + 3)
    }

    @Test func halvingEndsTheWorseHalf() async throws {
        let (halved, whole) = (MemoryTrials(), MemoryTrials())
        _ = try await card(try searchedPlan(scheme(trials: 16), trials: halved))
        _ = try await card(try searchedPlan(scheme(trials: 16, stop: .none), trials: whole))
        #expect(whole.all.count == 4 * 16 * 3)
        #expect(halved.all.count < whole.all.count * 3 / 4)
        let first = halved.serving.filter { $0.fold == 0 && $0.trial < 8 }
        let second = Set(halved.serving.filter { $0.fold == 1 && $0.trial < 8 }.map(\.trial))
        let better = first.sorted { ($0.score ?? 0) > ($1.score ?? 0) }.prefix(4).map(\.trial)
        #expect(second == Set(better))
    }

    @Test func optionsThatCannotBeUsedEndTheirTrialAlone() async throws {
        let fault = PluginError(.quality, "model/next: x is too great.")
        let found = try await card(try searchedPlan(scheme(), fault: fault))
        for search in try #require(found.search) {
            #expect(search.failed > 0 && search.failed < search.trials)
            #expect(try #require(search.options["x"].flatMap { Double($0) }) <= 0.5)
        }
        let missing = PluginError(.environment, "model/next: its library is missing.")
        let plan = try searchedPlan(scheme(), fault: missing)
        await #expect(throws: PluginError.self) { try await card(plan) }
    }

    @Test func aFullDiskEndsNoSearchAndIsToldOnceASearch() async throws {
        let told = Mutex<[String]>([])
        let plan = try searchedPlan(scheme(trials: 8), workers: 1, trials: MemoryTrials(limit: 0))
        let trainer = Trainer(plan: plan, warn: { text in told.withLock { $0.append(text) } })
        let card = try #require(ModelCard(json: try await trainer.fit(data(bars)).card))
        #expect(card.search?.count == 4)
        let texts = told.withLock { $0.filter { !$0.contains("leakage gate") } }
        #expect(
            !texts.isEmpty && texts.allSatisfy { $0.contains("its trials are not stored. trials: the disk is full.") })
    }

    @Test func tooFewRowsForTheSearchSaySo() async throws {
        let few = walks(instruments: 1, days: 34, seed: 3)
        let plan = try searchedPlan(scheme(folds: 20))
        let fault = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(data(few)) }
        #expect(fault?.message.contains("each cut again into 21 for the search") == true, "\(fault?.message ?? "")")
        #expect(fault?.message.contains("'search.folds'") == true)
    }

    @Test func everyTrialIsTold() async throws {
        let told = Mutex<[SearchProgress]>([])
        let trainer = Trainer(
            plan: try searchedPlan(scheme(trials: 10), workers: 1),
            searched: { one in told.withLock { $0.append(one) } })
        _ = try await trainer.fit(data(bars))
        let all = told.withLock { $0 }
        #expect(all.count == 40 && Set(all.map(\.search)) == [1, 2, 3, 4] && all.allSatisfy { $0.searches == 4 })
        #expect(Set(all.filter { $0.search == 2 }.map(\.trial)) == Set(1...10))
        #expect(all.last?.secondsLeft.map { $0 >= 0 } == true)
        #expect(all.contains { $0.outcome == .pruned && $0.folds < 3 } && all.contains { $0.outcome == .finished })
    }

    /// The better a trial is by a metric, the nearer x is to 0.3; the score is on the better side of what luck would reach.
    @Test(arguments: [SearchScheme.Metric.r2, .ic, .rankIC, .icir, .directionalAccuracy, .pinball])
    func everyMetricOfNumbersHasItsDirection(_ metric: SearchScheme.Metric) async throws {
        let bars = walks(instruments: 7, days: 600, seed: 9)
        let plan = try searchedPlan(
            scheme(metric: metric, stop: .none), quantile: metric == .pinball ? 0.8 : nil)
        let card = try #require(ModelCard(json: try await Trainer(plan: plan).fit(data(bars)).card))
        let search = try #require(card.search?.last)
        #expect(abs(try #require(search.options["x"].flatMap { Double($0) }) - 0.3) < 0.2, "\(search)")
        let (expected, deflated) = (try #require(search.expectedMaximum), try #require(search.deflated))
        let gain = metric.isLoss ? expected - search.score : search.score - expected
        #expect(abs(gain - deflated) < 1e-12 && (metric.isLoss ? expected < search.naive : expected > search.naive))
        #expect(metric != .pinball || abs(search.naive / search.score - 1) < 0.05, "\(search)")
        #expect((0...1).contains(try #require(search.probability)))
    }

    @Test func whatIsNoQuantileHasNoPinballLoss() async throws {
        let plan = try searchedPlan(scheme(trials: 8, metric: .pinball))
        let fault = await #expect(throws: PluginError.self) { try await card(plan) }
        #expect(
            fault?.message.contains(
                "none of 8 trials has the metric pinball that is defined, as where predictions are no quantile") == true
        )
    }

    @Test func eachInstrumentHasASearchOfItsOwn() async throws {
        let bars = walks(instruments: 2, days: 400, seed: 5)
        let plan = try searchedPlan(scheme(trials: 8), isPerInstrument: true)
        let card = try #require(ModelCard(json: try await Trainer(plan: plan).fit(data(bars)).card))
        let serving = try #require(card.search).filter { $0.validAfter == nil }
        #expect(serving.map(\.instrument) == ["I0.TEST", "I1.TEST"])
    }
}
