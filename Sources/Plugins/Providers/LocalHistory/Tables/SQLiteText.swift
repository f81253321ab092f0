import DelimitedText
import SQLiteFile

/// The rows of a table or query of a SQLite file as delimited records.
final class SQLiteText: TableText {
    private let rows: ForeignRows
    private let name: String
    private var hasHeader: Bool
    private let mark: UInt8

    /// - Parameters:
    ///   - hasHeader: whether the first record is to name the columns.
    ///   - mark: the decimal mark that fields are read with.
    init(path: String, _ selection: ForeignRows.Selection, hasHeader: Bool, mark: UInt8) throws(TextError) {
        name = Self.name(path)
        (self.hasHeader, self.mark) = (hasHeader, mark)
        do throws(TableFault) { rows = try ForeignRows(path: path, selection) } catch {
            throw TextError(.wrongTable, "\(Self.name(path)) \(error.fact). \(error.remedy)")
        }
    }

    func read(into writer: inout RecordWriter) throws(TextError) -> Bool {
        if hasHeader {
            hasHeader = false
            for column in rows.columns { writer.append(column) }
            writer.endRecord()
        }
        for _ in 0..<512 {
            do throws(TableFault) {
                guard try rows.next() else { return false }
            } catch {
                throw TextError(.damagedTable, "\(name) \(error.fact). \(error.remedy)")
            }
            for column in rows.columns.indices { append(rows.value(column), to: &writer) }
            writer.endRecord()
        }
        return true
    }

    private func append(_ value: ForeignRows.Value, to writer: inout RecordWriter) {
        switch value {
        case .null: writer.append("")
        case .integer(let number): writer.append(number)
        case .real(let number): writer.append(number, mark: mark)
        case .text(let text): writer.append(text)
        case .bytes(let count): writer.append("(\(count) bytes)")
        }
    }

    private static func name(_ path: String) -> String {
        "'\(path.split(separator: "/").last.map(String.init) ?? path)'"
    }
}

extension RecordWriter {
    /// Appends a number as a file with that decimal mark has it.
    mutating func append(_ number: Double, mark: UInt8) {
        guard mark != UInt8(ascii: "."), number.isFinite, Int64(exactly: number) == nil else { return append(number) }
        append(number.description.split(separator: ".").joined(separator: String(UnicodeScalar(mark))))
    }
}
