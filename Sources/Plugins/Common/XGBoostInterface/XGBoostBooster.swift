package import PluginKit

/// A booster of the library with the matrix it learns from. For one thread at a time.
package final class XGBoostBooster {
    private let library: XGBoostLibrary
    private let booster: XGBoostLibrary.Handle
    private var names: [String] = []
    /// What it learns from.
    package let matrix: XGBoostMatrix

    /// Makes an empty booster.
    package init(
        _ library: XGBoostLibrary, over matrix: XGBoostMatrix, parameters: [(name: String, value: String)]
    ) throws(PluginError) {
        self.library = library
        self.matrix = matrix
        booster = try Self.makeBooster(library, over: matrix)
        for (name, value) in parameters {
            try library.check(library.setParameter(booster, name, value), "take '\(name)' \(value)")
        }
    }

    /// Takes a booster that the library has made.
    private init(_ library: XGBoostLibrary, _ booster: XGBoostLibrary.Handle, over matrix: XGBoostMatrix) {
        (self.library, self.booster, self.matrix) = (library, booster, matrix)
    }

    deinit { _ = library.freeBooster(booster) }

    /// Grows the trees of one round.
    package func update(round: Int) throws(PluginError) {
        try library.check(library.update(booster, Int32(round), matrix.handle), "grow round \(round)")
    }

    /// Grows the trees of one round on derivatives of a loss, one of each a row.
    package func boost(slopes: [Float], bends: [Float]) throws(PluginError) {
        var (slopes, bends) = (slopes, bends)
        let result = library.boost(booster, matrix.handle, &slopes, &bends, UInt64(slopes.count))
        try library.check(result, "grow a tree")
    }

    /// Writes the names of the features into the model.
    package func setFeatureNames(_ names: [String]) throws(PluginError) {
        self.names = names
        let texts = names.map { Array($0.utf8CString) }
        let starts = texts.reduce(into: [0]) { starts, text in starts.append(starts[starts.count - 1] + text.count) }
        let all = texts.flatMap { $0 }
        let result = all.withUnsafeBufferPointer { all in
            let pointers = starts.dropLast().map { place in all.baseAddress.map { $0 + place } }
            return library.setFeatureInfo(booster, "feature_name", pointers, UInt64(pointers.count))
        }
        try library.check(result, "take the names of \(names.count) features")
    }

    /// The sums of the trees for the rows of a matrix, before any transform. Of a matrix that is asked after each round only the
    /// new trees are walked.
    package func margins(of matrix: XGBoostMatrix) throws(PluginError) -> [Float] {
        var shape: UnsafePointer<UInt64>?
        var dimensions: UInt64 = 0
        var output: UnsafePointer<Float>?
        let result = library.predictMatrix(
            booster, matrix.handle, Self.marginOptions, &shape, &dimensions, &output)
        try library.check(result, "predict \(matrix.count) rows")
        return [Float](UnsafeBufferPointer(start: output, count: matrix.count))
    }

    /// Returns the first rounds as a booster of their own.
    package func first(_ rounds: Int) throws(PluginError) -> XGBoostBooster {
        var made: XGBoostLibrary.Handle?
        try library.check(library.slice(booster, 0, Int32(rounds), 1, &made), "keep \(rounds) rounds")
        guard let made else { throw library.nothing("booster") }
        let first = XGBoostBooster(library, made, over: matrix)
        try first.setFeatureNames(names)
        return first
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

    private static let marginOptions = """
        {"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false}
        """

    private static func makeBooster(
        _ library: XGBoostLibrary, over matrix: XGBoostMatrix
    ) throws(PluginError) -> XGBoostLibrary.Handle {
        var made: XGBoostLibrary.Handle?
        let matrices: [XGBoostLibrary.Handle?] = [matrix.handle]
        try library.check(library.makeBooster(matrices, 1, &made), "make a booster")
        guard let made else { throw library.nothing("booster") }
        return made
    }
}
