import CArrowData
import DelimitedText
import Glibc

/// The rows of a Parquet file as delimited records, a row group in memory at a time.
final class ParquetText: TableText {
    private let library: ParquetLibrary
    private let handle: ParquetLibrary.Handle
    private let name: String
    private var hasHeader: Bool
    private let mark: UInt8
    private var group: Int32 = 0
    private let groupCount: Int32
    private var rows: ArrowRows?
    private var row = 0

    /// Opens the file and reads its end, where its tables are described.
    init(path: String, _ library: ParquetLibrary, hasHeader: Bool, mark: UInt8) throws(TextError) {
        (self.library, self.hasHeader, self.mark) = (library, hasHeader, mark)
        let name = "'\(path.split(separator: "/").last.map(String.init) ?? path)'"
        let options = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 16)
        defer { options.deallocate() }
        memset(options, 0, 512)
        library.initOptions(options)
        // Pages of a mapped file that is cut meanwhile would end the process.
        options.storeBytes(of: false, as: Bool.self)
        let fault = ParquetFault()
        guard let handle = path.withCString({ library.open($0, options, fault.pointer) }) else {
            throw TextError(
                .damagedTable, "\(name) is no whole Parquet file (\(fault.text)). Copy it again.")
        }
        (self.name, self.handle) = (name, handle)
        groupCount = library.groupCount(handle)
    }

    deinit { library.close(handle) }

    func read(into writer: inout RecordWriter) throws(TextError) -> Bool {
        guard try hasRow() else { return false }
        guard let rows else { return false }
        if hasHeader {
            hasHeader = false
            for column in rows.columns { writer.append(column.name) }
            writer.endRecord()
        }
        let end = min(row + 512, rows.count)
        while row < end {
            for column in rows.columns { column.append(row, to: &writer, mark: mark) }
            writer.endRecord()
            row += 1
        }
        return row < rows.count || group < groupCount
    }

    /// Reads the next row group where the one at hand is done with; one of an empty file has its header.
    private func hasRow() throws(TextError) -> Bool {
        while (rows?.count ?? 0) <= row, group < groupCount {
            let fault = ParquetFault()
            let next = ArrowRows()
            guard library.read(handle, group, next.schema, next.array, fault.pointer) == 0 else {
                throw TextError(
                    .damagedTable,
                    "\(name) cannot be read from its row group \(group + 1) of \(groupCount) on (\(fault.text)). Copy it again."
                )
            }
            next.begin()
            (rows, row) = (next, 0)
            group += 1
        }
        return rows != nil && (hasHeader || row < rows?.count ?? 0)
    }
}
