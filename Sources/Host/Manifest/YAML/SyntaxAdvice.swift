/// Says in a user's words why a text is not YAML, and what to do.
struct SyntaxAdvice {
    private let source: SourceText
    private let problem: YAMLProblem
    private let mark: SourceMark

    /// Looks at a problem in its text.
    init(source: SourceText, problem: YAMLProblem) {
        self.source = source
        self.problem = problem
        mark = source.mark(atCharacter: problem.index)
    }

    /// Reports the one fault a text that is not YAML has.
    func report(to diagnosis: Diagnosis) {
        let (message, hint) = words(diagnosis)
        let end = source.mark(atCharacter: problem.index + 1)
        diagnosis.fault(at: SourceSpan(start: mark, end: end.line == mark.line ? end : mark), message, hint: hint)
    }

    private func words(_ diagnosis: Diagnosis) -> (String, String) {
        if isTab {
            return (
                "a tab stands where YAML allows spaces only.", "Replace it by spaces, two for each level."
            )
        }
        if let reserved {
            return ("a value starts with \(quoted(reserved)), which YAML reserves.", "Put the value in double quotes.")
        }
        if isBareSubstitution {
            return (
                "'${' without quotes inside { } or [ ] is read as a mapping.",
                "Put the value in double quotes: \"${env:NAME}\"."
            )
        }
        return ("this is not YAML: \(problem.problem)\(opening(diagnosis)).", advice)
    }

    private var character: UInt8? {
        mark.offset < source.bytes.count ? source.bytes[mark.offset] : nil
    }

    private var isTab: Bool { character == 0x09 && problem.problem.contains("cannot start any token") }

    private var reserved: String? {
        guard problem.problem.contains("cannot start any token"), let character else { return nil }
        return String(decoding: [character], as: UTF8.self)
    }

    private var isBareSubstitution: Bool {
        let line = Array(source.line(mark.line))
        let hasBare = line.indices.dropLast().contains { index in
            line[index] == 0x24 && line[index + 1] == 0x7B && (index == 0 || line[index - 1] != 0x22)
        }
        return hasBare && line.contains { $0 == 0x7B || $0 == 0x5B } && problem.context.contains("flow")
    }

    private func opening(_ diagnosis: Diagnosis) -> String {
        guard let index = problem.contextIndex, !problem.context.isEmpty else { return "" }
        let start = source.mark(atCharacter: index)
        return " \(problem.context) that starts at \(diagnosis.place(SourceSpan(start: start, end: start)))"
    }

    private var advice: String {
        let table = [
            (
                "mapping values are not allowed",
                "A value that holds ': ' needs quotes; a key needs the right indentation."
            ),
            ("could not find expected ':'", "Write KEY: VALUE, with a space behind the colon."),
            ("did not find expected ',' or '}'", "Close the '{' or write a comma between the entries."),
            ("did not find expected ',' or ']'", "Close the '[' or write a comma between the items."),
            ("did not find expected key", "Indent the line like the ones it belongs to."),
            ("did not find expected '-' indicator", "Indent the line like the items above."),
            ("block sequence entries are not allowed", "Start the list on a line of its own."),
            ("unexpected end of stream", "Close the quote."),
            ("unknown escape character", "Use single quotes for text with backslashes."),
            ("found undefined tag handle", "Remove the '!' or put the value in quotes."),
            ("control characters are not allowed", "Remove the character."),
        ]
        return table.first { problem.problem.contains($0.0) }?.1 ?? "Check the indentation and the quotes."
    }
}
