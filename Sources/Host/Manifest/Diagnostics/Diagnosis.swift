import PluginKit

/// Collects what is wrong with one text; used by one load, from one task.
///
/// Lines are quoted at the end, when it is known where secrets are written, so that none is shown.
final class Diagnosis {
    /// Most faults that are kept; the rest is counted.
    static let limit = 200

    /// The file as the user named it.
    let file: String
    /// The text.
    let source: SourceText
    private var notes: [Note] = []
    private var masks: [SourceSpan] = []
    /// Keys whose values are never shown.
    var secretNames: [String]

    private struct Note {
        let severity: ManifestFault.Severity
        let span: SourceSpan
        let message: String
        /// Made when the note is shown: finding what was meant costs more than everything else.
        let hint: () -> String
    }

    /// Starts with nothing wrong; values of keys named like secrets are never shown.
    init(file: String, source: SourceText, secretNames: [String] = []) {
        self.file = file
        self.source = source
        self.secretNames = secretNames
    }

    /// How many faults there are so far.
    private(set) var count = 0

    /// Whether nothing is wrong so far.
    var isClean: Bool { count == 0 }

    /// Notes a fault.
    func fault(at span: SourceSpan, _ message: String, hint: @escaping @autoclosure () -> String = "") {
        count += 1
        notes.append(Note(severity: .error, span: span, message: message, hint: hint))
    }

    /// Notes a warning.
    func warning(at span: SourceSpan, _ message: String, hint: @escaping @autoclosure () -> String = "") {
        notes.append(Note(severity: .warning, span: span, message: message, hint: hint))
    }

    /// Hides a stretch of the text in every quoted line.
    func mask(_ span: SourceSpan) { masks.append(span) }

    /// Returns a place as `plugins.yaml:14:3`.
    func place(_ span: SourceSpan) -> String { "\(file):\(span.start.line):\(span.start.column)" }

    /// Returns the notes of one severity in the order of the file, each once.
    func faults(_ severity: ManifestFault.Severity) -> [ManifestFault] {
        var seen: [String: Set<SourceSpan>] = [:]
        let all = notes.filter { $0.severity == severity && seen[$0.message, default: []].insert($0.span).inserted }
            .enumerated().sorted { ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset) }
            .map(\.element)
        var faults = all.prefix(Self.limit).map(fault)
        if let next = all.dropFirst(Self.limit).first {
            let count = all.count - Self.limit
            faults.append(
                fault(
                    Note(
                        severity: severity, span: next.span, message: "\(count) more of this kind follow.",
                        hint: { "Correct the ones above first." })))
        }
        return faults
    }

    private func fault(_ note: Note) -> ManifestFault {
        let start = note.span.start
        let excerpt = Excerpt(source: source, span: note.span, masks: masks, secretNames: secretNames)
        return ManifestFault(
            severity: note.severity, file: file, line: start.line, column: start.column, length: excerpt.length,
            message: note.message, hint: note.hint(), excerpt: excerpt.text, excerptColumn: excerpt.column)
    }
}

/// Returns foreign text in single quotes, cut where it is long.
func quoted(_ text: some StringProtocol) -> String { PluginError.quoted(text) }
