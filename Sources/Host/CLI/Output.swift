import FoundationEssentials
import Glibc
import HostApp
import HostTelemetry
import Logging
import PluginKit
import Synchronization

/// The terminal: results to standard output, everything else to standard error.
enum Output {
    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether colours may be used on a descriptor: a terminal that is not `dumb`, and `NO_COLOR` is not set.
    static func hasColor(on descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
            && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Whether the last line on the terminal is one that the next text takes the place of.
    private static let hasOpenLine = Atomic<Bool>(false)

    /// Writes a line to standard output whose place the next text takes, whoever writes it; in a pipe it is a line like any.
    static func passing(_ text: String) {
        guard isTerminal else { return write(text + "\n") }
        write(text)
        hasOpenLine.store(true, ordering: .relaxed)
    }

    /// Makes way for a text on the terminal where the last line is one that passes.
    @Sendable static func makeWay() {
        guard hasOpenLine.exchange(false, ordering: .relaxed) else { return }
        send(Array("\r\u{1B}[K".utf8), STDOUT_FILENO)
    }

    /// Writes text to standard output at once.
    static func write(_ text: String) { write(text, STDOUT_FILENO) }

    /// Writes bytes to standard output at once.
    static func write(_ bytes: [UInt8]) { write(bytes, STDOUT_FILENO) }

    /// Writes what is wrong to standard error: as it is, or as one line of the log where that is JSON.
    static func fault(_ text: String) { tell(text, .error) }

    /// Writes something that should be known to standard error, in one line.
    static func warning(_ text: String) { tell(text, .warning) }

    /// Writes how far something is to standard error.
    static func progress(_ text: String) { write(text + "\n", STDERR_FILENO) }

    private static func tell(_ text: String, _ level: Logger.Level) {
        guard !isLogJSON else { return write(LogOutput.jsonLine(level, text), STDERR_FILENO) }
        guard level == .error else {
            return write("warning: \(PluginError.shown(text, limit: 4_000))\n", STDERR_FILENO)
        }
        write(plain(text.hasSuffix("\n") ? text : text + "\n"), STDERR_FILENO)
    }

    /// Returns text whose lines and tabs stay, and in which nothing else can steer a terminal: whoever made a message may have
    /// put in what a file or a command line said.
    static func plain(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false)
                .map { PluginError.shown($0, limit: .max) }.joined(separator: "\t")
        }.joined(separator: "\n")
    }

    /// Whether the log is JSON: read from the words of the command line, as faults of those are told in that form too.
    private static let isLogJSON: Bool = {
        let words = CommandLine.arguments
        return words.contains("--log-format=json")
            || zip(words, words.dropFirst()).contains { $0 == ("--log-format", "json") }
    }()

    /// Writes text to standard output; on a terminal lines that are too long go on, indented, at a space.
    static func page(_ text: String) {
        guard isTerminal else { return write(text) }
        let columns = TerminalWindow.size.columns
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        write(lines.flatMap { TextWrap.lines($0, width: columns) }.joined(separator: "\n"))
    }

    /// Writes a value as one line of JSON with sorted keys in `snake_case`.
    static func json(_ value: some Encodable) throws { write(try jsonText(value) + "\n") }

    /// Returns a value as one line of JSON.
    static func jsonText(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func write(_ text: String, _ descriptor: Int32) { write(Array(text.utf8), descriptor) }

    private static func write(_ bytes: [UInt8], _ descriptor: Int32) {
        makeWay()
        send(bytes, descriptor)
    }

    private static func send(_ bytes: [UInt8], _ descriptor: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}
