/// Columns of text, aligned by their widest cell.
package struct TextTable: Sendable {
    private let header: [String]
    private let rows: [[String]]
    private let isRight: [Bool]

    /// Creates a table; each row has a cell for each column of the header.
    package init(header: [String], rows: [[String]], isRight: [Bool] = []) {
        self.header = header
        self.rows = rows
        self.isRight = isRight
    }

    /// The table, two spaces between columns, no space at the end of a line, ending in a newline.
    package var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                line += isRight.indices.contains(column) && isRight[column] ? space + cell : cell + space
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
