package import PluginKit

/// Rows with labels, copied into the library; freed with it.
package final class XGBoostMatrix {
    let handle: XGBoostLibrary.Handle
    /// How many rows there are.
    package let count: Int
    private let library: XGBoostLibrary

    /// Copies the rows of a tabular set.
    package convenience init(_ library: XGBoostLibrary, _ set: TrainingSet) throws(PluginError) {
        try self.init(
            library, values: set.values.map { Float($0) }, width: set.features.count,
            labels: set.labels.map { Float($0) }, weights: set.weights.map { Float($0) })
    }

    /// Copies rows.
    ///
    /// - Parameters:
    ///   - values: rows of `width` numbers, row-major; NaN is missing.
    ///   - labels: one number a row.
    ///   - weights: one a row, or none.
    package init(
        _ library: XGBoostLibrary, values: [Float], width: Int, labels: [Float], weights: [Float] = []
    ) throws(PluginError) {
        precondition(values.count == labels.count * width, "values fill the rows")
        self.library = library
        count = labels.count
        var made: XGBoostLibrary.Handle?
        let result = library.makeMatrix(values, UInt64(count), UInt64(width), .nan, &made)
        try library.check(result, "take \(count) rows of \(width) features")
        guard let made else { throw library.nothing("matrix") }
        handle = made
        try library.check(library.setFloatInfo(made, "label", labels, UInt64(count)), "take the labels")
        guard !weights.isEmpty else { return }
        try library.check(library.setFloatInfo(made, "weight", weights, UInt64(count)), "take the weights")
    }

    deinit { _ = library.freeMatrix(handle) }
}
