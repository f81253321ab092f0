/// A place in a text.
package struct SourceMark: Sendable, Hashable, Comparable {
    /// Bytes from the start of the file.
    package let offset: Int
    /// Line, from 1.
    package let line: Int
    /// Unicode scalar in the line, from 1.
    package let column: Int

    /// Orders by place.
    package static func < (left: SourceMark, right: SourceMark) -> Bool { left.offset < right.offset }

    /// The first character of a file.
    package static let start = SourceMark(offset: 0, line: 1, column: 1)
}

/// A stretch of a text; `end` is behind its last character.
package struct SourceSpan: Sendable, Hashable {
    /// The first character.
    package let start: SourceMark
    /// Behind the last character.
    package let end: SourceMark

    /// The first character of a file: for what is missing altogether.
    package static let fileStart = SourceSpan(start: .start, end: .start)
}
