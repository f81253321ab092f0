import PluginKit

/// What a file holds in place of rows, as its first line shows: what a download or a checkout left there.
enum NoTable {
    /// The fault of such a file; `nil` where the line may be a header.
    static func fault(_ line: String, _ file: HistoryFile) -> FileFault? {
        if line.contains("\0") {
            return FileFault(
                .malformed, reason: "wrong_encoding", place: "\(file.place):1",
                "'\(file.place)' is no text, or UTF-16 without a mark: its first line has NUL bytes. Save it as UTF-8.")
        }
        let start = line.drop { $0 == " " }.lowercased()
        guard let found = signs.first(where: { start.hasPrefix($0.start) }) else { return nil }
        return FileFault(
            .malformed, reason: "unsupported_format", place: "\(file.place):1",
            "'\(file.place)' is \(found.kind), no table. \(found.remedy)")
    }

    private static let signs: [(start: String, kind: String, remedy: String)] = [
        ("<!doctype", "an HTML page", again), ("<html", "an HTML page", again), ("<?xml", "an XML document", again),
        ("{", "a JSON document", json), ("[", "a JSON document", json),
        ("version https://git-lfs", "a pointer of Git LFS", "Fetch the file: git lfs pull."),
    ]
    private static let again = "Where it is an answer that was saved as a file, download the data again."
    private static let json = again + " Rows in JSON are read over HTTP by provider/http_table."
}
