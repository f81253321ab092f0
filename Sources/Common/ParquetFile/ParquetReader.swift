import Deflation

extension ParquetTable {
    /// Most bytes that a page may become.
    private static let longestPage = 1 << 30

    /// Reads a file that `file(rowsPerGroup:)` wrote; one of another program only where it is built the same way.
    public init(reading file: [UInt8]) throws(ParquetFault) {
        guard file.count >= 12, file.starts(with: Parquet.mark), file.suffix(4).elementsEqual(Parquet.mark) else {
            throw ParquetFault(reason: "it is no whole Parquet file")
        }
        let length = Int(file[(file.count - 8)..<(file.count - 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        guard length <= file.count - 12 else { throw ParquetFault(reason: "its footer is cut") }
        let footer = try Self.record(file[(file.count - 8 - length)..<(file.count - 8)]).value
        guard let schema = footer[2]?.list?.dropFirst(), let groups = footer[4]?.list else {
            throw ParquetFault(reason: "its footer has no columns")
        }
        var columns = try schema.map { element throws(ParquetFault) in try Self.column(element) }
        for group in groups {
            guard let chunks = group[1]?.list, chunks.count == columns.count else {
                throw ParquetFault(reason: "a group of rows lacks columns")
            }
            for (place, chunk) in chunks.enumerated() { try Self.append(chunk, of: file, to: &columns[place].cells) }
        }
        self.init(columns)
        guard columns.allSatisfy({ $0.cells.count == count }) else {
            throw ParquetFault(reason: "its columns differ in length")
        }
    }

    private static func record(_ bytes: ArraySlice<UInt8>) throws(ParquetFault) -> (value: ThriftValue, end: Int) {
        var reader = ThriftReader(bytes)
        do throws(ThriftReader.Damage) { return (try reader.record(), reader.position) } catch {
            throw ParquetFault(reason: "a part of it is damaged")
        }
    }

    private static func column(_ element: ThriftValue) throws(ParquetFault) -> Column {
        guard let name = element[4]?.text, let type = element[1]?.number else {
            throw ParquetFault(reason: "a column has no name or no type")
        }
        switch (type, element[10]?[8]) {
        case (Parquet.int64, .some): return Column(name, .times([]))
        case (Parquet.int64, nil): return Column(name, .integers([]))
        case (Parquet.double, _): return Column(name, .numbers([]))
        case (Parquet.bytes, _): return Column(name, .texts([]))
        default: throw ParquetFault(reason: "the column '\(name)' is of a type that is not written here")
        }
    }

    private static func append(_ chunk: ThriftValue, of file: [UInt8], to cells: inout Cells) throws(ParquetFault) {
        guard let data = chunk[3], let offset = data[9]?.number, let count = data[5]?.number,
            data[4]?.number == Parquet.gzip,
            (0..<file.count).contains(offset)
        else { throw ParquetFault(reason: "a column is packed in a way that is not written here") }
        let header = try record(file[offset...])
        guard let packed = header.value[3]?.number, header.value[5]?[1]?.number == count,
            header.value[5]?[2]?.number == Parquet.plain,
            packed >= 0, packed <= file.count - header.end
        else { throw ParquetFault(reason: "a page is not as it is written here") }
        let page: [UInt8]
        do throws(Deflation.Fault) {
            page = try Deflation.unpacked(gzip: Array(file[header.end..<header.end + packed]), limit: longestPage)
        } catch { throw ParquetFault(reason: "a page does not unpack") }
        var reader = PageReader(page)
        switch cells {
        case .times(let before): cells = .times(before + (try reader.integers(count)))
        case .integers(let before): cells = .integers(before + (try reader.integers(count)))
        case .numbers(let before): cells = .numbers(before + (try reader.numbers(count)))
        case .texts(let before): cells = .texts(before + (try reader.texts(count)))
        }
    }
}

/// Reads the cells of a page; every read is checked.
private struct PageReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func integers(_ count: Int) throws(ParquetFault) -> [Int64] {
        guard count >= 0, count <= (bytes.count - position) / 8 else { throw ParquetFault(reason: "a page is cut") }
        var cells: [Int64] = []
        cells.reserveCapacity(count)
        for _ in 0..<count { cells.append(Int64(bitPattern: try word(8))) }
        return cells
    }

    mutating func numbers(_ count: Int) throws(ParquetFault) -> [Double] {
        let size = Int(try word(4))
        guard count >= 0, size <= bytes.count - position else { throw ParquetFault(reason: "a page is cut") }
        let bits = bytes[position..<position + size].drop { $0 >= 128 }.dropFirst()
        guard bits.count * 8 >= count else { throw ParquetFault(reason: "a page is cut") }
        position += size
        var cells: [Double] = []
        cells.reserveCapacity(count)
        for place in 0..<count {
            let isThere = bits[bits.startIndex + place >> 3] >> UInt8(place & 7) & 1 == 1
            cells.append(isThere ? Double(bitPattern: try word(8)) : .nan)
        }
        return cells
    }

    mutating func texts(_ count: Int) throws(ParquetFault) -> [String] {
        var cells: [String] = []
        for _ in 0..<max(0, count) {
            let size = Int(try word(4))
            guard size <= bytes.count - position else { throw ParquetFault(reason: "a page is cut") }
            cells.append(String(decoding: bytes[position..<position + size], as: UTF8.self))
            position += size
        }
        return cells
    }

    private mutating func word(_ size: Int) throws(ParquetFault) -> UInt64 {
        guard size <= bytes.count - position else { throw ParquetFault(reason: "a page is cut") }
        defer { position += size }
        return bytes.withUnsafeBytes { bytes in
            size == 8
                ? UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                : UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
        }
    }
}
