import Deflation

extension ParquetTable {
    /// Returns the table as a Parquet file: pages packed with gzip, least and greatest cell of each column and group of rows.
    ///
    /// Instants are `TIMESTAMP` in nanoseconds, adjusted to UTC; texts are `STRING`; a number that is none is null.
    ///
    /// - Parameter rowsPerGroup: rows a group, 1 or more.
    /// - Throws: where memory is short.
    public func file(rowsPerGroup: Int = 65_536) throws(ParquetFault) -> [UInt8] {
        var bytes = Parquet.mark
        var groups: [[ColumnChunk]] = []
        for start in stride(from: 0, to: count, by: max(1, rowsPerGroup)) {
            let places = Array(start..<min(start + max(1, rowsPerGroup), count))
            var chunks: [ColumnChunk] = []
            for column in columns {
                chunks.append(try ColumnChunk(column.name, column.cells.selecting(places), to: &bytes))
            }
            groups.append(chunks)
        }
        let footer = footer(groups)
        bytes.append(contentsOf: footer)
        withUnsafeBytes(of: UInt32(footer.count).littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + Parquet.mark
    }

    private func footer(_ groups: [[ColumnChunk]]) -> [UInt8] {
        var writer = ThriftWriter()
        writer.element { file in
            file.int(1, 2)
            file.list(2, .record, [nil] + columns.map { $0 as Column? }) { list, column in
                list.element { element in
                    if let column {
                        Self.describe(column, &element)
                    } else {
                        Self.describeRoot(columns.count, &element)
                    }
                }
            }
            file.long(3, count)
            file.list(4, .record, groups) { list, chunks in list.element { Self.describe(chunks, &$0) } }
            file.text(6, "penstock")
            // Least and greatest cells are in the order of their type: without this readers leave them aside.
            file.list(7, .record, columns) { list, _ in list.element { $0.record(1) { _ in } } }
        }
        return writer.bytes
    }

    private static func describeRoot(_ count: Int, _ element: inout ThriftWriter) {
        element.text(4, "schema")
        element.int(5, count)
    }

    private static func describe(_ column: Column, _ element: inout ThriftWriter) {
        element.int(1, Parquet.type(column.cells))
        if case .numbers = column.cells { element.int(3, Parquet.optional) } else { element.int(3, Parquet.required) }
        element.text(4, column.name)
        switch column.cells {
        case .times:
            element.record(10) { type in
                type.record(8) { stamp in
                    stamp.flag(1, true)
                    stamp.record(2) { $0.record(3) { _ in } }
                }
            }
        case .texts:
            element.int(6, Parquet.utf8)
            element.record(10) { $0.record(1) { _ in } }
        case .integers, .numbers: break
        }
    }

    private static func describe(_ chunks: [ColumnChunk], _ group: inout ThriftWriter) {
        group.list(1, .record, chunks) { list, chunk in
            list.element { element in
                element.long(2, chunk.offset)
                element.record(3) { chunk.describe(&$0) }
            }
        }
        group.long(2, chunks.reduce(0) { $0 + $1.size })
        group.long(3, chunks.first?.count ?? 0)
    }
}

/// A column of a group of rows, as it lies in the file: one page.
private struct ColumnChunk {
    let name: String
    let type: Int
    let count: Int
    let offset: Int
    let size: Int
    let packedSize: Int
    private let nulls: Int
    private let least: [UInt8]?
    private let greatest: [UInt8]?

    init(_ name: String, _ cells: ParquetTable.Cells, to file: inout [UInt8]) throws(ParquetFault) {
        let page = Self.page(cells)
        guard let packed = Deflation.gzip(page), let size = Int32(exactly: page.count) else {
            throw ParquetFault(reason: "no room for a page of \(page.count) bytes")
        }
        var head = ThriftWriter()
        head.element { header in
            header.int(1, 0)
            header.int(2, Int(size))
            header.int(3, packed.count)
            header.record(5) { data in
                for (field, value) in [(1, cells.count), (2, Parquet.plain), (3, Parquet.runs), (4, Parquet.runs)] {
                    data.int(field, value)
                }
            }
        }
        (self.name, type, count, offset) = (name, Parquet.type(cells), cells.count, file.count)
        (self.size, packedSize) = (head.bytes.count + page.count, head.bytes.count + packed.count)
        (nulls, least, greatest) = Self.ends(of: cells)
        file += head.bytes
        file += packed
    }

    func describe(_ data: inout ThriftWriter) {
        data.int(1, type)
        data.list(2, .int, [Parquet.plain, Parquet.runs]) { $0.element($1) }
        data.list(3, .bytes, [name]) { $0.element(Array($1.utf8)) }
        data.int(4, Parquet.gzip)
        data.long(5, count)
        data.long(6, size)
        data.long(7, packedSize)
        data.long(9, offset)
        data.record(12) { statistics in
            statistics.long(3, nulls)
            if let greatest { statistics.data(5, greatest) }
            if let least { statistics.data(6, least) }
        }
    }

    private static func page(_ cells: ParquetTable.Cells) -> [UInt8] {
        switch cells {
        case .times(let cells), .integers(let cells): return packed(cells)
        case .numbers(let cells):
            return levels(cells.map { !$0.isNaN }) + packed(cells.filter { !$0.isNaN }.map(\.bitPattern))
        case .texts(let cells):
            var page: [UInt8] = []
            for cell in cells {
                withUnsafeBytes(of: UInt32(cell.utf8.count).littleEndian) { page.append(contentsOf: $0) }
                page.append(contentsOf: cell.utf8)
            }
            return page
        }
    }

    private static func packed(_ numbers: [some FixedWidthInteger]) -> [UInt8] {
        numbers.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    /// Which cells are there: one run of bits, eight a byte, after its length.
    private static func levels(_ present: [Bool]) -> [UInt8] {
        let count = (present.count + 7) / 8
        var head = ThriftWriter()
        head.varint(UInt64(count) << 1 | 1)
        var bits = [UInt8](repeating: 0, count: count)
        for (place, isThere) in present.enumerated() where isThere { bits[place >> 3] |= 1 << (place & 7) }
        return littleEndian(UInt32(head.bytes.count + count)) + head.bytes + bits
    }

    private static func ends(of cells: ParquetTable.Cells) -> (nulls: Int, least: [UInt8]?, greatest: [UInt8]?) {
        switch cells {
        case .times(let cells), .integers(let cells):
            return (0, cells.min().map(littleEndian), cells.max().map(littleEndian))
        case .numbers(let cells):
            let there = cells.filter { !$0.isNaN }
            // Zero has two signs, and a reader may look for either.
            let ends = (there.min().map { $0 == 0 ? -0.0 : $0 }, there.max().map { $0 == 0 ? 0.0 : $0 })
            return (
                cells.count - there.count, ends.0.map { littleEndian($0.bitPattern) },
                ends.1.map { littleEndian($0.bitPattern) }
            )
        case .texts(let cells):
            // By their bytes, as the format orders them.
            let texts = Set(cells).map { Array($0.utf8) }
            let order = { (one: [UInt8], other: [UInt8]) in one.lexicographicallyPrecedes(other) }
            return (0, texts.min(by: order), texts.max(by: order))
        }
    }
}

private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
