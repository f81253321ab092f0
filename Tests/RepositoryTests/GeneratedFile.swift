import TestSupport
import Testing

/// Files that are written from the code, as a whole or between two markers.
///
/// `PENSTOCK_UPDATE_DOCS=1 make test ARGS="--filter RepositoryTests"` writes them anew.
enum GeneratedFile {
    /// Holds a file to what the code says, or writes it anew.
    static func expect(_ path: String, is text: String, at place: SourceLocation = #_sourceLocation) throws {
        let found = try? Repository.text(path)
        if Repository.updates, found != text { return try Repository.write(text, to: path) }
        let isCurrent = found == text
        #expect(isCurrent, "\(path): \(Repository.remedy)", sourceLocation: place)
    }

    /// Returns a text with what stands between two markers replaced.
    static func replacing(_ name: String, with table: String, in text: String, of path: String) throws -> String {
        let begin = "<!-- \(name):begin -->\n"
        let end = "<!-- \(name):end -->"
        let start = try #require(text.firstRange(of: begin)?.upperBound, "\(path): no \(begin)")
        let stop = try #require(text.firstRange(of: end)?.lowerBound, "\(path): no \(end)")
        return String(text[..<start]) + table + text[stop...]
    }
}
