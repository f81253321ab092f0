import PluginKit

// Whether a model learns the same each time, and says no to what it was not made for.
extension Workbench {
    var modelChecks: [ConformanceCheck] {
        [
            ConformanceCheck("determinism", .data) { try await checkDeterminism($0) },
            ConformanceCheck("predictions", .data) { try await checkPredictions($0) },
            ConformanceCheck("repeatability", .data) { try await checkRepeatability($0) },
            ConformanceCheck("rowIndependence", .data) { try await checkRows($0) },
            ConformanceCheck("threadSafety", .data) { try await checkThreads($0) },
            ConformanceCheck("shapes", .data) { try await checkShapes($0) },
            ConformanceCheck("featureNames", .data) { try await checkNames($0) },
            ConformanceCheck("cutArtifact", .data) { try await checkCut($0) },
            ConformanceCheck("spoiledArtifact", .data) { try await checkSpoiled($0) },
            ConformanceCheck("learning", .data) { try await checkLearning($0) },
            ConformanceCheck("fitCancellation", .data) { try await checkCancellation($0) },
            ConformanceCheck("badTrainingSet", .data) { try await checkBadSet($0) },
            ConformanceCheck("rowWeights", .data) { try await checkWeights($0) },
            ConformanceCheck("modelPerformance", .performance) { try await measureModel($0) },
        ]
    }

    /// The same set, options and seed give the same bytes, whatever was fitted before and by which instance.
    private func checkDeterminism(_ notes: ConformanceNotes) async throws {
        let set = try modelSet()
        var artifacts: [[UInt8]] = []
        for _ in 0..<2 {
            try await use((any Model).self) { model, _ in
                artifacts.append(try await model.fit(set, context: FitContext(seed: 7)))
                _ = try await model.fit(trainingSet(rows: 20..<120), context: FitContext(seed: 8))
                artifacts.append(try await model.fit(set, context: FitContext(seed: 7)))
            }
        }
        for (index, artifact) in artifacts.enumerated() where artifact != artifacts[0] {
            notes.report("fit \(index + 1) on the same set and seed gives other bytes than the first")
        }
    }

    /// What was fitted loads and gives a finite number a column, the columns of the descriptor.
    private func checkPredictions(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let names = fitted.predictor.outputs.map(\.name)
        let declared = descriptor.outputs.map(\.name)
        notes.expect(names == declared, "the predictor gives \(names); the descriptor says \(declared)")
        let values = try fitted.predict()
        if let row = values.firstIndex(where: { !$0.isFinite }) {
            notes.report("output \(row + 1) of \(values.count) is \(values[row]); it must be finite")
        }
    }

    /// Predicting leaves no trace: the same block gives the same bits again.
    private func checkRepeatability(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let first = try fitted.predict().map(\.bitPattern)
        for _ in 0..<3 where try fitted.predict().map(\.bitPattern) != first {
            return notes.report("the same block predicted again gives other numbers")
        }
    }

    /// A row's prediction depends on that row alone: no look ahead at later rows, no look at the batch.
    private func checkRows(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let whole = try fitted.predict()
        // A predictor that drifts from call to call is the business of 'repeatability'.
        guard try fitted.predict() == whole, try fitted.predict() == whole else { return }
        for size in [1, 2, 7] {
            var parts: [Double] = []
            for start in stride(from: 0, to: fitted.rows, by: size) {
                parts += try fitted.predict(rows: start..<min(start + size, fitted.rows))
            }
            guard let index = zip(parts, whole).enumerated().first(where: { $1.0 != $1.1 })?.offset else { continue }
            notes.report(
                "row \(index / fitted.width + 1) is \(parts[index]) in a block of \(size) and \(whole[index]) in one of "
                    + "\(fitted.rows): it depends on other rows")
            return
        }
    }

    /// Two tasks may predict at once.
    private func checkThreads(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let expected = try fitted.predict()
        guard try fitted.predict() == expected, try fitted.predict() == expected else { return }
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask { @concurrent in
                    var wrong = 0
                    for _ in 0..<200 where try fitted.predict() != expected { wrong += 1 }
                    return wrong
                }
            }
            return try await group.reduce(0, +)
        }
        notes.expect(wrong == 0, "of 400 predictions by two tasks at once \(wrong) differ from one made alone")
    }

    /// A block of another shape is refused.
    private func checkShapes(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let width = fitted.set.features.count
        let shapes = [
            TensorShape(batch: 2, features: width + 1), TensorShape(batch: 2, features: width - 1),
            TensorShape(batch: 2, time: fitted.set.time + 1, features: width),
        ]
        for shape in shapes {
            let values = [Double](repeating: 0.5, count: shape.count)
            let fault = await fault { _ = try fitted.predict(values, shape) }
            notes.expect(
                fault?.code == .badRequest,
                "a block of [\(shape.batch), \(shape.time), \(shape.features)] for a model of \(width) features "
                    + (fault.map { "throws .\($0.code)" } ?? "is taken") + "; it must throw .badRequest")
        }
    }

    /// Other features are refused: another count always; other names or another order by a model that keeps the names.
    private func checkNames(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        let names = fitted.set.features
        func isTaken(_ names: [String]) async -> Bool {
            await fault { _ = try fitted.model.load(fitted.artifact, features: names) } == nil
        }
        for (what, other) in [("one more feature", names + ["more"]), ("one feature less", Array(names.dropLast()))] {
            notes.expect(await !isTaken(other), "an artifact of \(names.count) features is loaded for \(what)")
        }
        guard await !isTaken(names.map { "other_\($0)" }) else { return }
        notes.expect(
            await !isTaken(names.reversed()),
            "other names are refused, and the same names in another order are taken: columns would be mixed up")
    }
}
