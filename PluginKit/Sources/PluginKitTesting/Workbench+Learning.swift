import PluginKit

// Whether what goes on learning while it serves does so the same each time, and can be stopped anywhere.
extension Workbench {
    /// A learner begins as the fit, learns alike from alike rows, also over a saved state, refuses what is no number, and leaves
    /// the predictor that all share as it is.
    func checkLearning(_ notes: ConformanceNotes) async throws {
        let fitted = try await fitted()
        guard let predictor = fitted.predictor as? any OnlinePredictor else {
            notes.expect(
                !descriptor.learns, "the descriptor says that it learns, and its predictor is no OnlinePredictor")
            throw NotChecked.skipped("the model does not learn while it serves")
        }
        notes.expect(
            descriptor.learns, "its predictor is an OnlinePredictor, and the descriptor does not say that it learns")
        let before = try fitted.predict().map(\.bitPattern)
        var (whole, part) = (predictor.learner(), predictor.learner())
        let start = try fitted.predict(with: whole).map(\.bitPattern)
        notes.expect(start == before, "a learner that has learned nothing predicts other numbers than the fit")
        for example in 0..<fitted.rows {
            try whole.learn(fitted.set, example)
            try part.learn(fitted.set, example)
            guard example % 50 == 0 else { continue }
            var (writer, next) = (StateWriter(), predictor.learner())
            part.save(to: &writer)
            var reader = StateReader(writer.bytes)
            try next.restore(from: &reader)
            notes.expect(reader.isAtEnd, "a restored learner reads less than was saved")
            part = next
            await refuse(writer.bytes, predictor, notes)
        }
        let learned = try fitted.predict(with: whole).map(\.bitPattern)
        notes.expect(
            try fitted.predict(with: part).map(\.bitPattern) == learned,
            "a learner that was saved and restored predicts other numbers than one that was not")
        notes.expect(learned != start, "\(fitted.rows) labels change no prediction")
        notes.expect(
            try fitted.predict().map(\.bitPattern) == before,
            "what a learner learns changes the predictor that all share")
        let row = Array(fitted.set.window(0))
        for (what, values, label) in [("feature", row.dropLast() + [Double.nan], 0.1), ("label", row, .infinity)] {
            let fault = await fault { try whole.learn(Array(values).span, label: label) }
            notes.expect(
                fault?.code == .quality,
                "a \(what) that is no finite number " + (fault.map { "throws .\($0.code)" } ?? "is learned")
                    + "; it must throw .quality")
        }
        notes.expect(
            try fitted.predict(with: whole).map(\.bitPattern) == learned,
            "what it refused to learn changes its predictions")
    }

    /// A state that was cut is refused, and what was learned stays.
    private func refuse(_ state: [UInt8], _ predictor: any OnlinePredictor, _ notes: ConformanceNotes) async {
        var learner = predictor.learner()
        for length in [0, state.count / 2, max(0, state.count - 1)] {
            let fault = await fault {
                var reader = StateReader(Array(state.prefix(length)))
                try learner.restore(from: &reader)
            }
            notes.expect(
                fault?.code == .corrupted,
                "a state of \(state.count) bytes cut to \(length) "
                    + (fault.map { "throws .\($0.code)" } ?? "is restored")
                    + "; it must throw .corrupted")
        }
    }
}

extension Learner {
    fileprivate mutating func learn(_ set: TrainingSet, _ example: Int) throws(PluginError) {
        let row = Array(set.window(example))
        try learn(row.span, label: set.labels[example])
    }
}

extension Fitted {
    /// What a learner predicts for all rows of the set.
    fileprivate func predict(with learner: any Learner) throws(PluginError) -> [Double] {
        var values: [Double] = []
        for example in 0..<rows {
            var output = [Double](repeating: .nan, count: width)
            var span = output.mutableSpan
            let row = Array(set.window(example))
            try learner.predict(row.span, into: &span)
            values += output
        }
        return values
    }
}
