/// What the models of a pipeline gave the rows of a batch, for those that see others; NaN where one gave nothing.
package struct ModelValues: Sendable {
    private let models: Int
    private var values: [Double] = []

    /// Creates an empty table for so many models.
    package init(models: Int = 0) { self.models = models }

    /// Creates a table of given values: for each row what each model gave.
    package init(_ rows: [[Double]]) {
        models = rows.first?.count ?? 0
        values = rows.flatMap(\.self)
    }

    /// Makes room for a batch, without a value.
    mutating func reset(rows: Int) {
        values.removeAll(keepingCapacity: true)
        values.append(contentsOf: repeatElement(.nan, count: rows * models))
    }

    /// What a model gave a row.
    subscript(row: Int, model: Int) -> Double {
        get { values[row * models + model] }
        set { values[row * models + model] = newValue }
    }
}
