import CivilTime
import JSONWriting
import Logging

/// One event of the log, and its two forms.
struct LogLine {
    let level: Logger.Level
    let label: String
    let message: String
    let metadata: Logger.Metadata
    /// Nanoseconds since the Unix epoch.
    let time: Int64

    /// Takes an event; `time` is the machine's clock.
    init(level: Logger.Level, label: String, message: String, metadata: Logger.Metadata, time: Int64 = WallClock.now())
    {
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata
        self.time = time
    }

    /// `2026-11-23T10:00:00.123Z  warning  gateway  Message  key=value`, with or without colours of a terminal.
    func text(usesColour: Bool) -> String {
        let name = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
        let coloured = usesColour ? "\u{1B}[\(colour)m\(name)\u{1B}[0m" : name
        var line = "\(isoTime)  \(coloured)  \(Self.oneLine(label))  \(Self.oneLine(message))"
        for (key, value) in shownMetadata {
            let text = Self.oneLine(value)
            line += "  \(Self.oneLine(key))=\(Self.quotedIfNeeded(text))"
        }
        return line + "\n"
    }

    /// One JSON object a line: `time`, `level`, `logger`, `message`, and `metadata` where there is some.
    var json: String {
        var line = JSONText()
        line.object { line in
            line.field("time", isoTime)
            line.field("level", level.rawValue)
            line.field("logger", label)
            line.field("message", message)
            guard !metadata.isEmpty else { return }
            line.key("metadata")
            line.object { fields in
                for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { Self.add(value, key, to: &fields) }
            }
        }
        return String(decoding: line.bytes, as: UTF8.self) + "\n"
    }

    /// UTC with milliseconds.
    private var isoTime: String { ISO8601.format(time, decimals: 3) }

    /// Metadata in order of the keys; what a key says is secret is hidden.
    private var shownMetadata: [(key: String, value: String)] {
        metadata.sorted { $0.key < $1.key }.map { ($0.key, Self.text($0.value, key: $0.key)) }
    }

    private var colour: String {
        switch level {
        case .trace, .debug: "2"
        case .info, .notice: "36"
        case .warning: "33"
        case .error, .critical: "31"
        }
    }
}

extension LogLine {
    private static let secretWords = ["secret", "token", "password", "passwd", "authorization", "credential", "cookie"]

    /// Whether a key names something that must not be shown.
    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return secretWords.contains { key.contains($0) } || key.hasSuffix("key")
    }

    private static func text(_ value: Logger.Metadata.Value, key: String) -> String {
        guard !isSecret(key) else { return "<hidden>" }
        switch value {
        case .string(let text): return text
        case .stringConvertible(let value): return "\(value)"
        case .array(let values): return "[" + values.map { text($0, key: "") }.joined(separator: ", ") + "]"
        case .dictionary(let values):
            let parts = values.sorted { $0.key < $1.key }.map { "\($0.key): \(text($0.value, key: $0.key))" }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }

    /// Escapes line ends and control characters, so that foreign text cannot forge a line or steer a terminal.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            line += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }

    private static func quotedIfNeeded(_ text: String) -> String {
        guard text.isEmpty || text.contains(" ") || text.contains("\"") else { return text }
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + parts.joined(separator: "\\\"") + "\""
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// A number is a number; everything else is a text.
    private static func add(_ value: Logger.Metadata.Value, _ key: String, to fields: inout JSONText) {
        guard case .stringConvertible(let given) = value, !isSecret(key) else {
            return fields.field(key, text(value, key: key))
        }
        switch given {
        case let number as Int: fields.field(key, number)
        case let number as any BinaryInteger:
            fields.key(key)
            fields.raw(Array("\(number)".utf8))
        case let number as Double where number.isFinite: fields.field(key, number)
        case let flag as Bool: fields.field(key, flag)
        default: fields.field(key, text(value, key: key))
        }
    }
}
