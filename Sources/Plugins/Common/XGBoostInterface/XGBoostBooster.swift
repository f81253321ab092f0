package import PluginKit

/// A booster of the library with the matrix it learns from; both are freed with it. For one thread at a time.
package final class XGBoostBooster {
    private let library: XGBoostLibrary
    private let matrix: XGBoostLibrary.Handle
    private let booster: XGBoostLibrary.Handle

    /// Copies the set into the library and makes an empty booster.
    ///
    /// - Parameters:
    ///   - values: rows of `width` numbers, row-major; NaN is missing.
    ///   - labels: one number a row.
    package init(
        _ library: XGBoostLibrary, values: [Float], width: Int, labels: [Float],
        parameters: [(name: String, value: String)]
    ) throws(PluginError) {
        self.library = library
        matrix = try Self.makeMatrix(library, values, width, labels)
        do {
            booster = try Self.makeBooster(library, over: matrix)
        } catch {
            _ = library.freeMatrix(matrix)
            throw error
        }
        for (name, value) in parameters {
            try library.check(library.setParameter(booster, name, value), "take '\(name)' \(value)")
        }
    }

    deinit {
        _ = library.freeBooster(booster)
        _ = library.freeMatrix(matrix)
    }

    /// Grows the trees of one round.
    package func update(round: Int) throws(PluginError) {
        try library.check(library.update(booster, Int32(round), matrix), "grow round \(round)")
    }

    /// Grows the trees of one round on derivatives of a loss, one of each a row.
    package func boost(slopes: [Float], bends: [Float]) throws(PluginError) {
        var (slopes, bends) = (slopes, bends)
        let result = library.boost(booster, matrix, &slopes, &bends, UInt64(slopes.count))
        try library.check(result, "grow a tree")
    }

    /// Writes the names of the features into the model.
    package func setFeatureNames(_ names: [String]) throws(PluginError) {
        let texts = names.map { Array($0.utf8CString) }
        let starts = texts.reduce(into: [0]) { starts, text in starts.append(starts[starts.count - 1] + text.count) }
        let all = texts.flatMap { $0 }
        let result = all.withUnsafeBufferPointer { all in
            let pointers = starts.dropLast().map { place in all.baseAddress.map { $0 + place } }
            return library.setFeatureInfo(booster, "feature_name", pointers, UInt64(pointers.count))
        }
        try library.check(result, "take the names of \(names.count) features")
    }

    /// Returns the model as XGBoost's JSON.
    package func save() throws(PluginError) -> [UInt8] {
        var count: UInt64 = 0
        var start: UnsafePointer<CChar>?
        try library.check(library.save(booster, "{\"format\":\"json\"}", &count, &start), "save the model")
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(count)))
    }

    /// Predicts rows with the library itself: the reference that tests and benchmarks compare with.
    package func predict(_ rows: [Float], width: Int) throws(PluginError) -> [Float] {
        let count = rows.count / width
        var shape: UnsafePointer<UInt64>?
        var dimensions: UInt64 = 0
        var output: UnsafePointer<Float>?
        let result = rows.withUnsafeBufferPointer { rows in
            let address = UInt(bitPattern: rows.baseAddress)
            let array = "{\"data\":[\(address),true],\"shape\":[\(count),\(width)],\"typestr\":\"<f4\",\"version\":3}"
            return library.predictDense(booster, array, Self.predictOptions, nil, &shape, &dimensions, &output)
        }
        try library.check(result, "predict \(count) rows")
        return [Float](UnsafeBufferPointer(start: output, count: count))
    }

    private static let predictOptions = """
        {"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN}
        """

    private static func makeMatrix(
        _ library: XGBoostLibrary, _ values: [Float], _ width: Int, _ labels: [Float]
    ) throws(PluginError) -> XGBoostLibrary.Handle {
        precondition(values.count == labels.count * width, "values fill the rows")
        var made: XGBoostLibrary.Handle?
        let result = library.makeMatrix(values, UInt64(labels.count), UInt64(width), .nan, &made)
        try library.check(result, "take \(labels.count) rows of \(width) features")
        guard let made else { throw nothing("matrix", library) }
        do {
            try library.check(library.setFloatInfo(made, "label", labels, UInt64(labels.count)), "take the labels")
        } catch {
            _ = library.freeMatrix(made)
            throw error
        }
        return made
    }

    private static func makeBooster(
        _ library: XGBoostLibrary, over matrix: XGBoostLibrary.Handle
    ) throws(PluginError) -> XGBoostLibrary.Handle {
        var made: XGBoostLibrary.Handle?
        let matrices: [XGBoostLibrary.Handle?] = [matrix]
        try library.check(library.makeBooster(matrices, 1, &made), "make a booster")
        guard let made else { throw nothing("booster", library) }
        return made
    }

    private static func nothing(_ what: String, _ library: XGBoostLibrary) -> PluginError {
        PluginError(
            .environment, "\(library.owner): libxgboost gave no \(what) and no reason. Install another version of it.")
    }
}
