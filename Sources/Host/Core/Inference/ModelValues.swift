import PluginKit

/// What the models of a pipeline gave the rows of a batch, for those that see others; NaN where one gave nothing.
package struct ModelValues: Sendable {
    /// Where the columns of each model begin; last, how many there are in all.
    private let starts: [Int]
    private var values: [Double] = []

    /// Creates an empty table for models that give so many columns each.
    package init(columns: [Int] = []) { starts = columns.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) } }

    /// Creates a table of given values: for each row what each model gave, one column each.
    package init(_ rows: [[Double]]) {
        self.init(columns: Array(repeating: 1, count: rows.first?.count ?? 0))
        values = rows.flatMap(\.self)
    }

    private var width: Int { starts[starts.count - 1] }

    /// Makes room for a batch, without a value.
    mutating func reset(rows: Int) {
        values.removeAll(keepingCapacity: true)
        values.append(contentsOf: repeatElement(.nan, count: rows * width))
    }

    /// What a model gave a row in one of its columns; NaN where it has none of the number.
    subscript(row: Int, model: Int, column: Int = 0) -> Double {
        let place = starts[model] + column
        return place < starts[model + 1] ? values[row * width + place] : .nan
    }

    /// Takes a batch of a model's predictions, with the row that each was made from.
    mutating func take(_ batch: PredictionBatch, of model: Int, from rows: [Int]) {
        let given = batch.outputs.count
        let abstentions = batch.abstentions
        for (place, row) in rows.enumerated() {
            // One that abstains is left out, as one that gave nothing.
            if let abstentions, batch.values[place * given + abstentions] == 1 { continue }
            for column in 0..<min(given, starts[model + 1] - starts[model]) {
                values[row * width + starts[model] + column] = batch.values[place * given + column]
            }
        }
    }
}

/// A column of a member, seen as a feature.
package struct MemberOutput: Sendable, Hashable {
    /// The member's id.
    package let model: String
    /// The number of its column.
    package let column: Int

    /// Names a column.
    package init(model: String, column: Int) {
        self.model = model
        self.column = column
    }
}
