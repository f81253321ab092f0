import HostCore
import HostTraining
import Indicators
import PluginKit
import PredictionTargets
import Synchronization
import Testing

struct TrainerTests {
    @Test func aPartIsUsedOnlyAfterEverythingItLearnedFromWasKnown() async throws {
        for seed in 1...6 {
            let bars = walks(instruments: 4, days: 150, seed: UInt64(seed))
            let plan = try plan(MeanModel(), target: Target(.relativeReturn, bars: 1 + seed % 5))
            let artifact = try await Trainer(plan: plan).fit(data(bars))
            let set = try SupervisedSet(data(bars), plan)
            #expect(artifact.parts.count == 5)
            for part in artifact.parts {
                // `MeanModel` keeps the times of its rows; all rows up to the last of them may have been among them.
                let learned = try #require(try MeanModel.times(part.bytes).max())
                #expect(learned <= part.validAfter)
                let fold = plan.validation.folds(of: set.rows).first { $0.validAfter == part.validAfter }
                let ends = fold?.train.map { set.rows[$0].labelEnd } ?? set.rows.map(\.labelEnd)
                // The first time it can be used at is one later than `validAfter`.
                #expect(try #require(ends.max()) <= part.validAfter + 1)
            }
        }
    }

    @Test func partsCoverAllTimeFromTheFirstTestOnWithoutHoles() async throws {
        let bars = walks(instruments: 3, days: 150, seed: 3)
        let artifact = try await Trainer(plan: try plan(MeanModel())).fit(data(bars))
        for (part, next) in zip(artifact.parts, artifact.parts.dropFirst()) {
            #expect(part.validThrough == next.validAfter)
            #expect(part.validAfter < part.validThrough)
        }
        #expect(artifact.parts.last?.validThrough == .max)
    }

    /// Everything after a time is another future: what may be used before it is bit for bit the same.
    @Test(arguments: [60, 90, 120])
    func anotherFutureChangesNothingBeforeIt(lastKnownDay: Int) async throws {
        let bars = walks(instruments: 3, days: 160, seed: 9)
        let cut = Int64(lastKnownDay) * day
        var random = Seeded(1)
        let changed = bars.map { old in
            guard old.time > cut else { return old }
            return bar(
                Int(old.instrument.rawValue), Int(old.time / day), close: Double.random(in: 1...1_000, using: &random))
        }
        let plan = try plan(try ridge(), target: Target(.relativeReturn, bars: 2))
        let first = try await Trainer(plan: plan).fit(data(bars))
        let second = try await Trainer(plan: plan).fit(data(changed))
        #expect(first.parts.map(\.validAfter) == second.parts.map(\.validAfter))
        let before = first.parts.indices.filter { first.parts[$0].validAfter < cut }
        #expect(!before.isEmpty)
        for index in before { #expect(first.parts[index].bytes == second.parts[index].bytes) }
        #expect(first.parts.last?.bytes != second.parts.last?.bytes)
        let made = try predictions(first, plan, bars).filter { $0.time <= cut }
        #expect(!made.isEmpty)
        #expect(made == (try predictions(second, plan, changed)).filter { $0.time <= cut })
    }

    /// An instrument that ends has labels up to its last bar and no row there: no part may be used between the two.
    @Test func aLabelThatEndsWhereNoRowIsIsNotUsedEarly() async throws {
        var bars = (1...64).map { bar(0, $0, close: 100 + Double($0 % 7)) }
        // Instrument 1 trades every day but only until day 23; instrument 0 pauses from day 20 to 24.
        bars.removeAll { (20...24).contains($0.time / day) }
        bars += (1...23).map { bar(1, $0, close: 50 + Double($0 % 5)) }
        bars.sort { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        let plan = try plan(
            MeanModel(), columns: [1], target: Target(.relativeReturn, bars: 2),
            validation: ValidationScheme(folds: 2, embargo: 0, minTrain: 5))
        let artifact = try await Trainer(plan: plan).fit(data(bars))
        let set = try SupervisedSet(data(bars), plan)
        let folds = plan.validation.folds(of: set.rows)
        #expect(folds.count == 2)
        #expect(folds[0].train.contains { set.rows[$0].labelEnd == 23 * day })
        #expect(!set.rows.contains { (22...24).contains($0.time / day) })
        for (part, fold) in zip(artifact.parts, folds) {
            #expect(part.validAfter == fold.validAfter)
            #expect(try #require(fold.train.map { set.rows[$0].labelEnd }.max()) <= part.validAfter)
        }
    }

    @Test func theServicesPredictionsAreTheOnesTheCardWasMadeFrom() async throws {
        let bars = walks(instruments: 3, days: 200, seed: 12)
        let plan = try plan(try ridge())
        let artifact = try await Trainer(plan: plan).fit(data(bars))
        let card = try #require(ModelCard(json: artifact.card))
        let set = try SupervisedSet(data(bars), plan)
        var served: [SupervisedKey: Double] = [:]
        for prediction in try predictions(artifact, plan, bars) {
            served[SupervisedKey(time: prediction.time, instrument: prediction.instrument)] = prediction.value
        }
        var labels: [Double] = []
        var values: [Double] = []
        for fold in plan.validation.folds(of: set.rows) {
            for row in fold.test.map({ set.rows[$0] }) {
                labels.append(row.label)
                values.append(try #require(served[SupervisedKey(time: row.time, instrument: row.instrument)]))
            }
        }
        #expect(card.metrics.rows == labels.count)
        #expect(card.metrics.r2 == PredictionMetrics.r2(labels, values))
        #expect(card.metrics.ic == PredictionMetrics.pearson(labels, values))
        #expect(card.metrics.rankIC == PredictionMetrics.spearman(labels, values))
        let right = zip(labels, values).count { ($0 > 0) == ($1 > 0) }
        #expect(card.metrics.directionalAccuracy == Double(right) / Double(labels.count))
    }

    private struct SupervisedKey: Hashable {
        let time: Int64
        let instrument: InstrumentID
    }

    /// What the pipeline's own stages predict over bars.
    private func predictions(_ artifact: StoredArtifact, _ plan: TrainingPlan, _ bars: [Bar]) throws -> [Prediction] {
        let timeline = try Trainer.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: try data(bars).instruments)
        let computed = try features()
        var bank = IndicatorBank<Bar>(plan: computed)
        let columns = plan.columns.compactMap { computed.schema.names.firstIndex(of: $0) }
        var inference = InferenceStage(
            model: ServingModel(id: "next", target: "t", columns: columns, timeline: timeline))
        var matrix: [Double] = []
        bank.process(bars, into: &matrix)
        return inference.process(bars.map { RowKey($0) }, features: matrix, width: computed.width) { _, _ in }?
            .rows ?? []
    }

    @Test func theCardSaysHowTheModelCameAbout() async throws {
        let bars = walks(instruments: 3, days: 150, seed: 4)
        let plan = try plan(try ridge())
        let given = try data(bars)
        let artifact = try await Trainer(plan: plan).fit(given)
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.model == "next" && card.plugin == "model/ridge" && card.target == "return over 1 bar")
        #expect(card.features == ["rsi5", "sma8"])
        #expect(card.featureSchema == String(FeatureSchema(names: ["rsi5", "sma8"]).id, radix: 16))
        #expect(card.dataDigest == given.digest && artifact.dataDigest == given.digest)
        #expect(card.configurationDigest == "c0ffee" && artifact.configurationDigest == "c0ffee")
        #expect(card.bars == bars.count && card.seed == 7 && card.embargo == 2)
        #expect(card.folds.count == 4)
        #expect(card.folds.map(\.testRows).reduce(0, +) == card.metrics.rows)
        #expect(card.instruments.map(\.instrument) == ["I0.TEST", "I1.TEST", "I2.TEST"])
        #expect(card.instruments.map(\.metrics.rows).reduce(0, +) == card.metrics.rows)
        #expect(card.trainedThrough == bars.map(\.time).max())
        #expect(ModelCard(json: card.json) == card)
        #expect(ModelCard(json: Array("{}".utf8)) == nil)
        #expect(artifact.parts.last?.validAfter == card.trainedThrough - 1)
    }

    @Test func theSameSeedGivesTheSameBytes() async throws {
        let bars = walks(instruments: 2, days: 100, seed: 6)
        let first = try await Trainer(plan: try plan(try ridge())).fit(data(bars))
        let second = try await Trainer(plan: try plan(try ridge())).fit(data(bars))
        #expect(first.parts == second.parts)
        #expect(!first.card.isEmpty)
    }

    @Test func aConstantModelHasUndefinedMetricsOnItsCard() async throws {
        let plan = try plan(MeanModel(constant: 0.5))
        let artifact = try await Trainer(plan: plan).fit(data(walks(instruments: 2, days: 80, seed: 8)))
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.metrics.ic == nil && card.metrics.rankIC == nil)
        #expect(card.metrics.r2 != nil)
    }

    @Test(arguments: [(Double.nan, 1), (.infinity, 1), (0, 0)])
    func aModelThatPredictsNoNumbersIsAFault(value: Double, columns: Int) async throws {
        let plan = try plan(MeanModel(constant: value, columnCount: columns))
        let error = await #expect(throws: PluginError.self) {
            try await Trainer(plan: plan).fit(data(walks(instruments: 2, days: 80, seed: 8)))
        }
        #expect(error?.code == .quality)
        #expect(error?.message.hasPrefix("model/next: what it learned from ") == true)
    }

    @Test func aFitIsCancelledAtItsNextCheckpoint() async throws {
        let asked = Counter()
        let trainer = Trainer(plan: try plan(MeanModel(checkpoints: 10)), isCancelled: { asked.next() > 15 })
        let error = await #expect(throws: PluginError.self) {
            try await trainer.fit(data(walks(instruments: 2, days: 80, seed: 8)))
        }
        #expect(error?.code == .cancelled)
        #expect(error?.message == "model/next: the fit was stopped; what was stored before is untouched.")
        #expect(asked.value == 16)
    }

    @Test func progressRisesToOne() async throws {
        let seen = Counter()
        let trainer = Trainer(plan: try plan(MeanModel(checkpoints: 4)), progress: { seen.note($0) })
        _ = try await trainer.fit(data(walks(instruments: 2, days: 80, seed: 8)))
        #expect(seen.notes == seen.notes.sorted())
        #expect(seen.notes.first == 0 && seen.notes.last == 1)
    }

    @Test func pricesBelowZeroAreNamedWhereTheyLeaveTooFewRows() async throws {
        var bars = walks(instruments: 1, days: 40, seed: 1)
        for index in 0..<30 { bars[index].close = -bars[index].close }
        let plan = try plan(MeanModel(), validation: ValidationScheme(folds: 2, embargo: 0, minTrain: 20))
        let error = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(data(bars)) }
        #expect(error?.message.contains("30 bars have no label") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("Give more history") == false)
    }

    /// An instrument's own fits are those of a run in which it is alone; one with too little history has none.
    @Test func eachInstrumentHasFitsOfItsOwn() async throws {
        let bars = walks(instruments: 4, days: 150, seed: 11).filter { $0.instrument != id(3) || $0.time < 14 * day }
        let own = try plan(try ridge(), isPerInstrument: true)
        let told = Mutex<[String]>([])
        let trainer = Trainer(plan: own, warn: { text in told.withLock { $0.append(text) } })
        let artifact = try await trainer.fit(data(bars))
        let texts = told.withLock { $0 }
        #expect(
            texts.contains {
                $0.hasPrefix(
                    "model/next: too few rows for a fit of their own have 1 of 4 instruments, which are not predicted: I3.TEST. "
                )
            }, "\(texts)")
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.per == 3 && card.instruments.map(\.instrument) == ["I0.TEST", "I1.TEST", "I2.TEST"])
        for number in 0..<3 {
            let alone = try await Trainer(plan: try plan(try ridge())).fit(
                data(bars.filter { $0.instrument == id(number) }))
            let parts = artifact.parts.filter { $0.instrument == Instrument(code: "I\(number)", venue: "TEST") }
            #expect(parts.map(\.bytes) == alone.parts.map(\.bytes))
            #expect(parts.map(\.validAfter) == alone.parts.map(\.validAfter))
            #expect(parts.map(\.validThrough) == alone.parts.map(\.validThrough))
        }
        #expect(artifact.parts.allSatisfy { $0.instrument != Instrument(code: "I3", venue: "TEST") })
        let served = try predictions(artifact, own, bars)
        #expect(Set(served.map(\.instrument)) == [id(0), id(1), id(2)])
        #expect(served.count >= card.metrics.rows)
    }

    /// Their tests knew the future: nothing of them may predict a bar of the past.
    @Test(arguments: [ValidationScheme.Kind.purgedKFold, .combinatorial])
    func validationsThatLookBothWaysOnlyJudge(kind: ValidationScheme.Kind) async throws {
        let bars = walks(instruments: 6, days: 150, seed: 4)
        let scheme = ValidationScheme(kind, folds: 5, tested: 2, embargo: 2, minTrain: 10)
        let plan = try plan(try ridge(), validation: scheme)
        let artifact = try await Trainer(plan: plan).fit(data(bars))
        let card = try #require(ModelCard(json: artifact.card))
        #expect(card.validation == kind.rawValue && card.folds.count == scheme.tests)
        #expect(artifact.parts.count == 1 && artifact.parts[0].validThrough == .max)
        #expect(artifact.parts[0].validAfter == card.trainedThrough - 1)
        // Each stretch is one of two in 4 of the 10 pairs.
        #expect(card.metrics.rows == card.rows * (kind == .combinatorial ? 4 : 1))
        #expect(card.metrics.intervals != nil && card.panel.dieboldMariano != nil && card.panel.longShort != nil)
    }

    @Test(arguments: [0, 5, 40])
    func tooFewRowsAreNamedWithARemedy(days: Int) async throws {
        let bars = days == 0 ? [] : walks(instruments: 1, days: days, seed: 1)
        let validation = ValidationScheme(folds: 4, embargo: 0, minTrain: 500)
        let plan = try plan(MeanModel(), validation: validation)
        let set = try SupervisedSet(data(bars), plan)
        let error = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(data(bars)) }
        #expect(error?.code == .noData)
        #expect(
            error?.message == "model/next: \(set.rows.count) labelled rows are too few for 4 folds with at least 500 "
                + "rows to learn from. Give more history, or lower 'validation.folds' or 'validation.min_train'.")
    }

    @Test func aFeatureWithoutValuesIsNamed() async throws {
        let bars = walks(instruments: 2, days: 200, seed: 1)
        let wide = FeaturePlan([
            (
                "wide",
                try SMA(
                    Configuration(
                        instance: "indicator/wide", values: ["period": .integer(190), "source": .text("close")]))
            )
        ])
        let given = try plan(MeanModel(), validation: ValidationScheme(folds: 4, embargo: 0, minTrain: 50))
        let plan = TrainingPlan(
            id: given.id, model: given.model, descriptor: given.descriptor, features: ["wide"],
            target: given.target, validation: given.validation, seed: 1, threads: 1, configurationDigest: "")
        let error = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(data(bars, wide)) }
        #expect(error?.code == .noData)
        #expect(error?.message.hasPrefix("model/next: the feature 'wide' has no value for ") == true)
    }

    @Test func featuresThatTeachNothingAreNamedAndTheFitGoesOn() async throws {
        func mean(_ source: String, _ period: Int) throws -> SMA {
            try SMA(
                Configuration(
                    instance: "indicator/mean", values: ["period": .integer(period), "source": .text(source)]))
        }
        let seen = FeaturePlan([
            ("flat", try mean("volume", 2)), ("late", try mean("close", 80)), ("sound", try mean("close", 5)),
        ])
        let given = try plan(try ridge())
        let plan = TrainingPlan(
            id: given.id, model: given.model, descriptor: given.descriptor, features: ["flat", "late", "sound"],
            target: given.target, validation: given.validation, seed: 1, threads: 1, configurationDigest: "")
        let told = Mutex<[String]>([])
        let trainer = Trainer(plan: plan, warn: { text in told.withLock { $0.append(text) } })
        let fitted = try await trainer.fit(data(walks(instruments: 1, days: 200, seed: 1), seen))
        let card = try #require(ModelCard(json: fitted.card))
        let texts = told.withLock { $0.filter { $0.contains("the feature '") } }
        try #require(texts.count == 2, "\(texts)")
        #expect(
            texts[0]
                == "model/next: the feature 'flat' is 100.0 in each of \(card.rows) rows, so nothing is learned from it. "
                + "See what its indicator says (`penstock plugins list`), or take it out of 'features'.")
        #expect(texts[1].hasPrefix("model/next: the feature 'late' has no value for 7"), "\(texts[1])")
        #expect(texts[1].contains("bars, which are left out: \(card.rows) rows are learned from. "), "\(texts[1])")
    }

    @Test func aDamagedPartIsRefused() async throws {
        let plan = try plan(try ridge())
        let artifact = try await Trainer(plan: plan).fit(data(walks(instruments: 2, days: 80, seed: 8)))
        let damaged = StoredArtifact(
            model: artifact.model, configurationDigest: artifact.configurationDigest, dataDigest: artifact.dataDigest,
            card: artifact.card,
            parts: artifact.parts.map {
                StoredArtifact.Part(
                    validAfter: $0.validAfter, validThrough: $0.validThrough, bytes: Array($0.bytes.dropLast(3)))
            })
        let error = #expect(throws: PluginError.self) {
            try Trainer.timeline(
                damaged, model: plan.model, features: plan.columns, instruments: InstrumentTable())
        }
        #expect(error?.code == .corrupted)
    }
}
