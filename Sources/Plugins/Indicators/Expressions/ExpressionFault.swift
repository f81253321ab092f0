/// What is wrong with the text of an expression, and where.
struct ExpressionFault: Error {
    /// What is wrong, what is allowed, what to do.
    let message: String
    /// Where, as offsets of UTF-8 bytes.
    let range: Range<Int>

    init(_ range: Range<Int>, _ message: String) {
        self.range = range
        self.message = message
    }

    /// The message with its place: the column, and the line where there are several; both count from 1.
    func message(in text: String) -> String {
        let before = text.utf8.prefix(range.lowerBound)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { before.index(after: $0) } ?? before.startIndex
        let column = "column \((Substring(before[start...])).count + 1)"
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return "\(column): \(message)" }
        return "line \(before.count { $0 == UInt8(ascii: "\n") } + 1), \(column): \(message)"
    }
}
