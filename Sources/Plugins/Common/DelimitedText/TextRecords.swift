/// Splits delimited text that is in memory as a whole, as the body of a reply is, by the rules of `RecordReader`.
public enum TextRecords {
    /// Returns the fields of every record, quotes resolved; empty lines are skipped, bytes that are no UTF-8 replaced, and a
    /// byte order mark is left out.
    ///
    /// Throws `.unsupportedFormat` with the number of the record that cannot be split.
    public static func split(_ bytes: [UInt8], delimiter: UInt8 = UInt8(ascii: ",")) throws(TextError) -> [[String]] {
        var splitter = RecordSplitter(delimiter: delimiter)
        splitter.buffer = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        var records: [[String]] = []
        while true {
            switch splitter.split(isComplete: true) {
            case .record:
                records.append(
                    splitter.fields.indices.map { field in
                        splitter.text(field)
                            ?? splitter.withField(field) { String(decoding: Self.copy($0), as: UTF8.self) }
                    })
            case .emptyLine: continue
            case .needsMore: return records
            case .broken(let fault):
                throw TextError(.unsupportedFormat, "record \(records.count + 1) cannot be split: \(fault.rawValue).")
            }
        }
    }

    private static func copy(_ text: Span<UInt8>) -> [UInt8] { text.indices.map { text[$0] } }
}
