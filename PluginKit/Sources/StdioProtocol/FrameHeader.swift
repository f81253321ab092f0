/// The 32 bytes before a frame's columns.
///
/// | Offset | Type | |
/// |---|---|---|
/// | 0 | 4 bytes | `F5 50 53 31`; the first never occurs in UTF-8, so no line begins with it |
/// | 4 | u16 | kind |
/// | 6 | u16 | columns |
/// | 8 | u64 | `id` of the message it belongs to |
/// | 16 | u32 | rows |
/// | 20 | u32 | 0 |
/// | 24 | u64 | bytes of the columns |
struct FrameHeader {
    static let length = 32
    static let magic: UInt32 = 0x3153_50F5
    static let firstByte: UInt8 = 0xF5

    let kind: FrameKind
    let columns: [ColumnType]
    let id: UInt64
    let rows: Int
    let payload: Int

    init(kind: FrameKind, columns: [ColumnType], id: UInt64, rows: Int) {
        self.kind = kind
        self.columns = columns
        self.id = id
        self.rows = rows
        payload = columns.reduce(0) { $0 + $1.length(rows: rows) }
    }

    /// Reads 32 bytes; throws `.frame` or `.tooLarge` before anything is allocated for the columns.
    init(_ bytes: UnsafeRawBufferPointer, limits: ProtocolLimits) throws(ProtocolError) {
        var reader = ColumnReader(bytes)
        guard reader.scalar(UInt32.self) == Self.magic else {
            throw ProtocolError(.frame, "a frame begins with other bytes than F5 50 53 31")
        }
        let number = reader.scalar(UInt16.self)
        let count = Int(reader.scalar(UInt16.self))
        let id = reader.scalar(UInt64.self)
        let rows = Int(reader.scalar(UInt32.self))
        let reserved = reader.scalar(UInt32.self)
        let length = reader.scalar(UInt64.self)
        guard length <= UInt64(limits.frame) else {
            throw ProtocolError(.tooLarge, "a frame has \(length) bytes; allowed are \(limits.frame)")
        }
        guard let kind = FrameKind(rawValue: number), reserved == 0 else {
            throw ProtocolError(.frame, "a frame has the kind \(number), reserved \(reserved); allowed 1...10 and 0")
        }
        guard let columns = kind.columns(count), !columns.isEmpty || rows == 0 else {
            throw ProtocolError(.frame, "a frame of \(kind.name) has \(count) columns and \(rows) rows")
        }
        guard rows <= kind.mostRows else {
            throw ProtocolError(.tooLarge, "a frame has \(rows) \(kind.name); allowed are \(kind.mostRows)")
        }
        self.init(kind: kind, columns: columns, id: id, rows: rows)
        guard UInt64(payload) == length else {
            throw ProtocolError(
                .frame, "a frame of \(rows) \(kind.name) in \(count) columns says \(length) bytes; it needs \(payload)")
        }
    }
}
