package import PluginKit

/// A booster of the library with the rows it learns from and those it is watched on; all are freed with it. For one thread at a
/// time.
package final class LightGBMBooster {
    private let library: LightGBMLibrary
    private let datasets: [LightGBMLibrary.Handle]
    private let booster: LightGBMLibrary.Handle

    /// Copies the rows into the library and makes an empty booster.
    init(
        _ library: LightGBMLibrary, learned: TrainingSet, watched: TrainingSet?, parameters: String
    ) throws(PluginError) {
        self.library = library
        var made: [LightGBMLibrary.Handle] = []
        do {
            made.append(try Self.dataset(library, learned, parameters, reference: nil))
            if let watched { made.append(try Self.dataset(library, watched, parameters, reference: made[0])) }
            booster = try Self.booster(library, made, parameters)
            datasets = made
        } catch {
            for dataset in made { _ = library.freeDataset(dataset) }
            throw error
        }
    }

    deinit {
        _ = library.freeBooster(booster)
        for dataset in datasets { _ = library.freeDataset(dataset) }
    }

    /// Grows one tree; returns whether there is nothing left to split.
    func update() throws(PluginError) -> Bool {
        var isFinished: Int32 = 0
        try library.check(library.update(booster, &isFinished), "grow a tree")
        return isFinished != 0
    }

    /// The loss over the watched rows; smaller is better.
    func watchedLoss() throws(PluginError) -> Double {
        var count: Int32 = 0
        var losses = [Double](repeating: 0, count: 8)
        try library.check(library.evaluate(booster, 1, &count, &losses), "judge the trees")
        return losses[0]
    }

    /// Returns the first rounds of the model as LightGBM's text.
    package func save(rounds: Int = -1) throws(PluginError) -> [UInt8] {
        var size: Int64 = 0
        try library.check(library.save(booster, 0, Int32(rounds), 0, 0, &size, nil), "say how long the model is")
        var text = [CChar](repeating: 0, count: Int(size))
        try library.check(library.save(booster, 0, Int32(rounds), 0, size, &size, &text), "save the model")
        return text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    /// Returns the library's predictions of rows.
    package func predict(_ rows: [Double], width: Int, rounds: Int = -1) throws(PluginError) -> [Double] {
        var count: Int64 = 0
        var values = [Double](repeating: .nan, count: rows.count / width)
        let result = library.predict(
            booster, rows, 1, Int32(values.count), Int32(width), 1, 0, 0, Int32(rounds), "num_threads=1", &count,
            &values)
        try library.check(result, "predict \(values.count) rows")
        return values
    }

    private static func dataset(
        _ library: LightGBMLibrary, _ rows: TrainingSet, _ parameters: String, reference: LightGBMLibrary.Handle?
    ) throws(PluginError) -> LightGBMLibrary.Handle {
        var made: LightGBMLibrary.Handle?
        let (count, width) = (Int32(rows.count), Int32(rows.features.count))
        let result = library.makeDataset(rows.values, 1, count, width, 1, parameters, reference, &made)
        try library.check(result, "take \(count) rows of \(width) features")
        guard let made else { throw nothing("dataset") }
        do {
            try library.check(
                library.setField(made, "label", rows.labels.map { Float($0) }, count, 0), "take the labels")
            if !rows.weights.isEmpty {
                try library.check(
                    library.setField(made, "weight", rows.weights.map { Float($0) }, count, 0), "take the weights")
            }
        } catch {
            _ = library.freeDataset(made)
            throw error
        }
        return made
    }

    private static func booster(
        _ library: LightGBMLibrary, _ datasets: [LightGBMLibrary.Handle], _ parameters: String
    ) throws(PluginError) -> LightGBMLibrary.Handle {
        var made: LightGBMLibrary.Handle?
        try library.check(library.makeBooster(datasets[0], parameters, &made), "make a booster")
        guard let made else { throw nothing("booster") }
        do {
            for watched in datasets.dropFirst() {
                try library.check(library.addValidation(made, watched), "watch \(datasets.count - 1) datasets")
            }
        } catch {
            _ = library.freeBooster(made)
            throw error
        }
        return made
    }

    private static func nothing(_ what: String) -> PluginError {
        PluginError(
            .environment,
            "model/gradient_boosting: LightGBM gave no \(what) and no reason. Install another version of it.")
    }
}
