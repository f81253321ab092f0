import DelimitedText
import PluginKit

/// Why a whole file cannot be used, or no further.
struct FileFault: Error {
    /// The class the host acts on.
    let code: PluginError.Code
    /// Short reason of the defect, `snake_case`.
    let reason: String
    /// Where: `AAPL.csv`, `AAPL.csv:1`.
    let place: String
    /// One sentence of facts, then the remedy; without the plugin's name.
    let message: String
    /// The instrument, where the file is only for one.
    var instrument: InstrumentID?

    init(
        _ code: PluginError.Code, reason: String, place: String, _ message: String, instrument: InstrumentID? = nil
    ) {
        self.code = code
        self.reason = reason
        self.place = place
        self.message = message
        self.instrument = instrument
    }

    /// Classifies a fault of the text reader.
    init(_ error: TextError, place: String, instrument: InstrumentID?) {
        let classes: [TextError.Code: (PluginError.Code, String)] = [
            .notFound: (.notFound, "no_file"), .unreadable: (.environment, "unreadable_file"),
            .truncatedGzip: (.malformed, "truncated_gzip"), .damagedGzip: (.malformed, "damaged_gzip"),
            .truncatedZip: (.malformed, "truncated_zip"), .damagedZip: (.malformed, "damaged_zip"),
            .wrongMember: (.configuration, "wrong_member"), .implausibleSize: (.malformed, "implausible_size"),
            .unsupportedFormat: (.unsupported, "unsupported_format"), .wrongEncoding: (.malformed, "wrong_encoding"),
            .wrongTable: (.configuration, "wrong_table"), .damagedTable: (.malformed, "damaged_table"),
            .missingLibrary: (.environment, "missing_library"),
            .changed: (.transient, "file_changed"), .missingConverter: (.environment, "missing_converter"),
        ]
        let (code, reason) = classes[error.code] ?? (.environment, "unreadable_file")
        self.init(code, reason: reason, place: place, error.description, instrument: instrument)
    }

    /// The fault as a defect of the stream.
    var defect: Defect {
        Defect(instrument: instrument, place: place, reason: reason, message: message, raw: "")
    }
}

/// What a file holds in place of rows: what a download or a checkout left there.
extension FileFault {
    /// The fault of such a file, by its first line; `nil` where that may be a header.
    static func ofNoTable(_ line: String, _ file: HistoryFile) -> FileFault? {
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
