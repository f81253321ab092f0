/// Reads a text in Prometheus' format back: the series of `/metrics`.
package enum MetricText {
    /// One series and its number.
    package struct Series: Sendable, Hashable {
        /// The metric, with `_bucket`, `_sum` or `_count` where it is a histogram's.
        package let name: String
        /// Its labels.
        package let labels: [String: String]
        /// The number.
        package let value: Double
    }

    /// Returns the series of a text; a line that is none is passed over.
    package static func read(_ bytes: [UInt8]) -> [Series] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.first == "#" ? nil : series(line)
        }
    }

    private static func series(_ line: Substring) -> Series? {
        guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
            return nil
        }
        let head = line[..<space]
        guard let brace = head.firstIndex(of: "{"), head.last == "}" else {
            return Series(name: String(head), labels: [:], value: value)
        }
        let inside = head[head.index(after: brace)...].dropLast()
        return labels(inside).map { Series(name: String(head[..<brace]), labels: $0, value: value) }
    }

    private static func labels(_ text: Substring) -> [String: String]? {
        var rest = text
        var labels: [String: String] = [:]
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals])
            rest = rest[equals...].dropFirst()
            guard rest.first == "\"" else { return nil }
            rest = rest.dropFirst()
            guard let value = value(&rest) else { return nil }
            labels[name] = value
            if rest.first == "," { rest = rest.dropFirst() }
        }
        return rest.isEmpty ? labels : nil
    }

    /// Takes a value up to its closing quote.
    private static func value(_ rest: inout Substring) -> String? {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(character)
            }
        }
        return nil
    }
}
