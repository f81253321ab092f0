import PluginKit
import Synchronization

// Damaged artifacts, fits that are ended, sets nobody can learn from; and how fast a model is.
extension Workbench {
    /// An artifact cut anywhere is refused as `.corrupted`.
    func checkCut(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        for part in 0..<20 {
            let length = fitted.artifact.count * part / 20
            let cut = Array(fitted.artifact.prefix(length))
            let fault = await fault { _ = try fitted.model.load(cut, features: fitted.set.features) }
            notes.expect(
                fault?.code == .corrupted,
                "an artifact of \(fitted.artifact.count) bytes cut to \(length) "
                    + (fault.map { "throws .\($0.code)" } ?? "is loaded") + "; it must throw .corrupted")
        }
    }

    /// An artifact with a changed byte is refused, or still gives finite numbers.
    func checkSpoiled(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        for part in 0..<20 {
            var spoiled = fitted.artifact
            let place = spoiled.count * part / 20
            spoiled[place] ^= 0x55
            do throws(PluginError) {
                let predictor = try fitted.model.load(spoiled, features: fitted.set.features)
                let values = try Fitted(fitted, predictor).predict()
                notes.expect(values.allSatisfy(\.isFinite), "with byte \(place) changed it loads and gives no numbers")
            } catch {
                heard.note(error)
                notes.expect(
                    error.code == .corrupted || error.code == .badRequest,
                    "with byte \(place) changed it throws \(error); it must throw .corrupted")
            }
        }
    }

    /// A fit asks `checkpoint` and ends with `.cancelled` where that throws, asking no more.
    func checkCancellation(_ notes: ConformanceNotes) async throws {
        let set = try modelSet()
        let calls = Calls()
        try await use((any Model).self) { model, _ in
            _ = try await model.fit(set, context: calls.context(throwingAt: .max))
            let total = calls.count
            guard total > 0 else { return notes.report("a fit never calls context.checkpoint: it cannot be cancelled") }
            for place in Set([1, max(1, total / 2)]) {
                let calls = Calls()
                let fault = await fault { _ = try await model.fit(set, context: calls.context(throwingAt: place)) }
                notes.expect(
                    fault?.code == .cancelled,
                    "cancelled at checkpoint \(place) of \(total) it "
                        + (fault.map { "throws .\($0.code)" } ?? "returns an artifact") + "; it must throw .cancelled")
                notes.expect(
                    calls.count == place, "cancelled at checkpoint \(place) it goes on to checkpoint \(calls.count)")
            }
        }
    }

    /// A set without rows, and one with numbers that are not finite, are refused by an error; a model that combines others takes
    /// the latter.
    func checkBadSet(_ notes: ConformanceNotes) async throws {
        let good = try modelSet()
        var values = good.values
        values[7] = .nan
        let spoiled = TrainingSet(
            features: good.features, values: values, labels: good.labels, times: good.times,
            instruments: good.instruments)
        let empty = TrainingSet(features: good.features, values: [], labels: [], times: [], instruments: [])
        let combines = descriptor.combines
        for (what, set, isTaken) in [("without rows", empty, false), ("with a NaN", spoiled, combines)] {
            try await use((any Model).self) { model, _ in
                let fault = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
                notes.expect(
                    (fault == nil) == isTaken,
                    "a training set \(what) is \(isTaken ? "refused; it must be taken" : "fitted; it must be refused")")
            }
        }
    }

    /// One that says it heeds weights learns something else where the first half of the rows hardly counts.
    func checkWeights(_ notes: ConformanceNotes) async throws {
        guard descriptor.weighs else {
            throw NotChecked.notApplicable("its descriptor does not say that it heeds weights")
        }
        let set = try modelSet()
        let weights = set.labels.indices.map { 2 * $0 < set.count ? 0.01 : 1.99 }
        let weighed = TrainingSet(
            features: set.features, values: set.values, labels: set.labels, times: set.times,
            instruments: set.instruments, weights: weights)
        try await use((any Model).self) { model, _ in
            let plain = try await model.fit(set, context: FitContext(seed: 1))
            notes.expect(
                try await model.fit(weighed, context: FitContext(seed: 1)) != plain,
                "the same artifact comes of rows that count and of rows that hardly do; it must heed weights, or not say so"
            )
        }
    }

    /// Time of a fit, of a row in a block and of a row alone.
    func measureModel(_ notes: ConformanceNotes) async throws {
        let set = try modelSet()
        let start = ContinuousClock.now
        let fitted = try await fitted()
        notes.measured("fit_time", (ContinuousClock.now - start) / .milliseconds(1), "ms for \(set.count) rows")
        for (name, size) in [("row_time_in_block", fitted.rows), ("row_time_alone", 1)] {
            let rounds = max(1, 2_000 / size)
            let start = ContinuousClock.now
            for round in 0..<rounds {
                let first = size == 1 ? round % fitted.rows : 0
                _ = try fitted.predict(rows: first..<(first + size))
            }
            notes.measured(name, (ContinuousClock.now - start) / .nanoseconds(1) / Double(rounds * size), "ns")
        }
    }

    /// The set the model is fitted on; throws where the sample has too few bars.
    func modelSet() throws -> TrainingSet {
        guard sample.bars.count >= 300 else {
            throw NotChecked.skipped("the sample has \(sample.bars.count) bars; a model needs 300")
        }
        return trainingSet(rows: 0..<300)
    }

    /// Fits and loads.
    func fitted() async throws -> Fitted {
        let set = try modelSet()
        guard let model = try make(configuration(), in: try place()) as? any Model else {
            throw PluginError(.unsupported, "\(descriptor.id): the instance made is no model.")
        }
        let artifact = try await model.fit(set, context: FitContext(seed: 7))
        return Fitted(
            model: model, set: set, artifact: artifact, predictor: try model.load(artifact, features: set.features))
    }
}

/// A fitted model with the set it was fitted on.
struct Fitted: Sendable {
    let model: any Model
    let set: TrainingSet
    let artifact: [UInt8]
    let predictor: any Predictor

    init(model: any Model, set: TrainingSet, artifact: [UInt8], predictor: any Predictor) {
        (self.model, self.set, self.artifact, self.predictor) = (model, set, artifact, predictor)
    }

    init(_ other: Fitted, _ predictor: any Predictor) {
        self.init(model: other.model, set: other.set, artifact: other.artifact, predictor: predictor)
    }

    var rows: Int { self.set.count }
    /// Columns the predictor gives a row.
    var width: Int { predictor.outputs.count }

    /// Predicts all rows of the set.
    func predict() throws(PluginError) -> [Double] { try predict(rows: 0..<rows) }

    /// Predicts some rows of the set.
    func predict(rows: Range<Int>) throws(PluginError) -> [Double] {
        let step = set.time * set.features.count
        let values = Array(set.values[(rows.lowerBound * step)..<(rows.upperBound * step)])
        return try predict(values, TensorShape(batch: rows.count, time: set.time, features: set.features.count))
    }

    /// Predicts any block.
    func predict(_ values: [Double], _ shape: TensorShape) throws(PluginError) -> [Double] {
        var output = [Double](repeating: .nan, count: shape.batch * width)
        var span = output.mutableSpan
        try predictor.predict(values.span, shape: shape, into: &span)
        return output
    }
}

/// Counts calls of `checkpoint`.
private final class Calls: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    func context(throwingAt place: Int) -> FitContext {
        FitContext(seed: 7) { _ throws(PluginError) in
            let count = self.state.withLock { count in
                count += 1
                return count
            }
            if count >= place { throw PluginError(.cancelled, "conformance: the fit is to end.") }
        }
    }
}
