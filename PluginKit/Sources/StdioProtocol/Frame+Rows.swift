import PluginKit

// Frames cut into runs of rows and put together again.
extension Frame {
    /// How many rows it has.
    public var rows: Int {
        switch self {
        case .events(let batch): batch.count
        case .matrix(let matrix): matrix.rows
        case .predictions(let rows, _): rows.count
        case .features(let rows, _): rows.count
        case .bytes(let bytes): bytes.count
        }
    }

    /// Bytes the rows take in memory or in the frame, whichever is more.
    var weight: Int {
        if case .events(.orderBooks(let books)) = self {
            return max(length, books.count * MemoryLayout<OrderBook>.stride)
        }
        return length
    }

    /// Most rows a piece of this frame may have to stay below so many bytes; at least one.
    func rows(in bytes: Int) -> Int {
        let row = max(1, columnTypes.reduce(0) { $0 + $1.size })
        // Each column is filled up to a multiple of 8.
        return max(1, min(kind.mostRows, (bytes - 8 * columnTypes.count) / row))
    }

    /// The rows of a range.
    func piece(_ range: Range<Int>) -> Frame {
        switch self {
        case .events(let batch): .events(batch.piece(range))
        case .matrix(let matrix): .matrix(matrix.piece(range))
        case .predictions(let rows, let values): .predictions(Array(rows[range]), values: values.piece(range))
        case .features(let rows, let values): .features(Array(rows[range]), values: values.piece(range))
        case .bytes(let bytes): .bytes(Array(bytes[range]))
        }
    }

    /// Puts pieces of one frame together; `nil` where they are not all of the same kind and width.
    static func joined(_ pieces: [Frame]) -> Frame? {
        guard let first = pieces.first, pieces.count > 1 else { return pieces.first }
        switch first {
        case .events(let batch): return batch.kind.type.joined(pieces)
        case .matrix: return values(pieces, .matrix).map { .matrix($0) }
        case .predictions:
            let rows = pieces.flatMap { if case .predictions(let rows, _) = $0 { rows } else { [Prediction]() } }
            return values(pieces, first.kind).map { .predictions(rows, values: $0) }
        case .features:
            let rows = pieces.flatMap { if case .features(let rows, _) = $0 { rows } else { [RowKey]() } }
            return values(pieces, first.kind).map { .features(rows, values: $0) }
        case .bytes:
            let parts = pieces.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
            return parts.count == pieces.count ? .bytes(Array(parts.joined())) : nil
        }
    }

    /// The columns of numbers of pieces that are all of one kind.
    private static func values(_ pieces: [Frame], _ kind: FrameKind) -> Matrix? {
        Matrix.joined(pieces.filter { $0.kind == kind }.compactMap(\.matrix), pieces.count)
    }

    /// Its columns of numbers.
    private var matrix: Matrix? {
        switch self {
        case .matrix(let matrix), .predictions(_, let matrix), .features(_, let matrix): matrix
        case .events, .bytes: nil
        }
    }
}

extension MarketEvent {
    fileprivate static func joined(_ pieces: [Frame]) -> Frame? {
        let parts = pieces.compactMap { $0.events(Self.self) }
        return parts.count == pieces.count ? .events(batch(Array(parts.joined()))) : nil
    }
}

extension Matrix {
    fileprivate func piece(_ range: Range<Int>) -> Matrix {
        Matrix(
            rows: range.count, columns: columns,
            values: Array(values[range.lowerBound * columns..<range.upperBound * columns]))
    }

    /// Puts so many matrices together, one below the other; `nil` where there are fewer or of another width.
    fileprivate static func joined(_ parts: [Matrix], _ count: Int) -> Matrix? {
        guard let first = parts.first, parts.count == count, parts.allSatisfy({ $0.columns == first.columns }) else {
            return nil
        }
        return Matrix(
            rows: parts.reduce(0) { $0 + $1.rows }, columns: first.columns, values: Array(parts.map(\.values).joined()))
    }
}

extension EventBatch {
    fileprivate func piece(_ range: Range<Int>) -> EventBatch {
        switch self {
        case .bars(let events): .bars(Array(events[range]))
        case .trades(let events): .trades(Array(events[range]))
        case .quotes(let events): .quotes(Array(events[range]))
        case .orderBooks(let events): .orderBooks(Array(events[range]))
        case .figures(let events): .figures(Array(events[range]))
        case .factors(let events): .factors(Array(events[range]))
        }
    }
}
