import HostManifest

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
    package var text: String { lines.joined(separator: "\n") + "\n" }

    /// The lines of the table, the header's first.
    package var lines: [String] {
        let all = [header] + rows
        let widths = widths
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
                line += isRight.indices.contains(column) && isRight[column] ? space + cell : cell + space
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Columns of the terminal that the table takes.
    package var width: Int { widths.reduce(0, +) + 2 * max(0, header.count - 1) }

    private var widths: [Int] {
        header.indices.map { column in ([header] + rows).map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    }

    /// Returns the table without a column.
    package func without(_ name: String) -> TextTable {
        guard let place = header.firstIndex(of: name) else { return self }
        func shortened<Cell>(_ cells: [Cell]) -> [Cell] {
            cells.enumerated().filter { $0.offset != place }.map(\.element)
        }
        return TextTable(header: shortened(header), rows: rows.map(shortened), isRight: shortened(isRight))
    }
}

/// Lines that fit into a number of columns.
package enum TextWrap {
    /// Returns a text in lines of at most so many columns, broken at spaces, those after the first indented; a word longer
    /// than a line stays whole.
    package static func lines(_ text: String, width: Int, indent: Int = 4) -> [String] {
        guard DisplayWidth.of(text) > width else { return [text] }
        var lines: [String] = []
        var line = String(text.prefix { $0 == " " })
        var isEmpty = true
        for (gap, word) in words(text.drop { $0 == " " }) {
            if !isEmpty, DisplayWidth.of(line + gap + word) > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += isEmpty ? word : gap + word
            }
            isEmpty = false
        }
        return lines + [line]
    }

    /// The words of a text, each with the spaces before it.
    private static func words(_ text: Substring) -> [(gap: Substring, word: Substring)] {
        var rest = text
        var found: [(Substring, Substring)] = []
        while !rest.isEmpty {
            let gap = rest.prefix { $0 == " " }
            rest = rest[gap.endIndex...]
            let word = rest.prefix { $0 != " " }
            rest = rest[word.endIndex...]
            if !word.isEmpty { found.append((gap, word)) }
        }
        return found
    }
}
