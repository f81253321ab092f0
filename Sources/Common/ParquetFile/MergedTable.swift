extension ParquetTable {
    /// Puts tables together: all their columns, and of rows of the same identity the last; in the order of the first column of
    /// instants, rows of one instant in the order they came.
    ///
    /// - Parameters:
    ///   - tables: one or more; a column that one lacks is without content there.
    ///   - key: the columns that make a row's identity; those that no table has say nothing.
    public static func merging(_ tables: [ParquetTable], key: Set<String>) -> ParquetTable {
        guard tables.count > 1 else { return tables.first.map { ordered($0, key) } ?? ParquetTable([]) }
        var columns: [Column] = []
        for table in tables {
            for column in table.columns where !columns.contains(where: { $0.name == column.name }) {
                columns.append(Column(column.name, column.cells.selecting([])))
            }
        }
        for table in tables {
            let places = Array(0..<table.count)
            for index in columns.indices {
                let absent = columns[index].cells.selecting(places.map { _ in -1 })
                columns[index].cells.append(table[columns[index].name] ?? absent)
            }
        }
        return ordered(ParquetTable(columns), key)
    }

    private static func ordered(_ table: ParquetTable, _ key: Set<String>) -> ParquetTable {
        let times = table.columns.lazy.compactMap(\.cells.instants).first ?? []
        // The usual case: what comes is newer than what is there.
        guard zip(times, times.dropFirst()).contains(where: { $0 >= $1 }) else { return table }
        let columns = table.columns.filter { key.contains($0.name) }
        var last: [Identity: Int] = [:]
        var order: [Identity] = []
        for row in 0..<table.count {
            let identity = Identity(columns, row)
            if last.updateValue(row, forKey: identity) == nil { order.append(identity) }
        }
        let rows = order.compactMap { last[$0] }.enumerated().sorted { one, other in
            (times[one.element], Int64(one.offset)) < (times[other.element], Int64(other.offset))
        }.map(\.element)
        return ParquetTable(table.columns.map { Column($0.name, $0.cells.selecting(rows)) })
    }

    private struct Identity: Hashable {
        private var numbers: [Int64] = []
        private var texts: [String] = []

        init(_ columns: [Column], _ row: Int) {
            for column in columns {
                switch column.cells {
                case .times(let cells), .integers(let cells): numbers.append(cells[row])
                case .numbers(let cells): numbers.append(Int64(bitPattern: cells[row].bitPattern))
                case .texts(let cells): texts.append(cells[row])
                }
            }
        }
    }
}

extension ParquetTable.Cells {
    fileprivate var instants: [Int64]? { if case .times(let cells) = self { cells } else { nil } }

    /// Adds cells of the same kind; others add as many without content.
    fileprivate mutating func append(_ other: ParquetTable.Cells) {
        switch (self, other) {
        case (.times(let one), .times(let more)): self = .times(one + more)
        case (.integers(let one), .integers(let more)): self = .integers(one + more)
        case (.numbers(let one), .numbers(let more)): self = .numbers(one + more)
        case (.texts(let one), .texts(let more)): self = .texts(one + more)
        default: append(selecting(Array(repeating: -1, count: other.count)))
        }
    }
}
