import HostCore

/// Writes metric families in Prometheus' text format 0.0.4.
///
/// ```swift
/// var text = PrometheusWriter()
/// text.family("penstock_bars_received_total", .counter, "Rows the provider gave.") { family in
///     family.sample(12, ["pipeline": "main"])
/// }
/// ```
/// A family without a sample is left out. Label values may hold anything; names are constants of the host.
struct PrometheusWriter {
    /// What kind of number a family holds.
    enum Kind: String {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts in buckets.
        case histogram
    }

    /// The samples of one family.
    struct Family {
        fileprivate let name: String
        fileprivate var lines: [UInt8] = []

        /// Adds a sample; labels keep their order.
        mutating func sample(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
            line("", value, labels.map { ($0.key, $0.value) })
        }

        /// Adds the samples of a histogram: buckets added up, sum and count.
        mutating func sample(_ histogram: Histogram, _ labels: [(String, String)]) {
            var below = 0
            for (bound, count) in zip(Histogram.bounds.map { Self.text($0) } + ["+Inf"], histogram.counts) {
                below += count
                line("_bucket", Double(below), labels + [("le", bound)])
            }
            line("_sum", histogram.sum, labels)
            line("_count", Double(histogram.count), labels)
        }

        private mutating func line(_ suffix: String, _ value: Double, _ labels: [(String, String)]) {
            lines.append(contentsOf: (name + suffix).utf8)
            append(labels)
            lines.append(UInt8(ascii: " "))
            lines.append(contentsOf: Self.text(value).utf8)
            lines.append(UInt8(ascii: "\n"))
        }

        /// Adds a sample of a count.
        mutating func sample(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
            sample(Double(value), labels)
        }

        private mutating func append(_ labels: [(String, String)]) {
            guard !labels.isEmpty else { return }
            lines.append(UInt8(ascii: "{"))
            for (index, label) in labels.enumerated() {
                if index > 0 { lines.append(UInt8(ascii: ",")) }
                lines.append(contentsOf: "\(label.0)=\"".utf8)
                for byte in label.1.utf8 { append(escaping: byte) }
                lines.append(UInt8(ascii: "\""))
            }
            lines.append(UInt8(ascii: "}"))
        }

        private mutating func append(escaping byte: UInt8) {
            switch byte {
            case UInt8(ascii: "\\"): lines.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\""): lines.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\n"): lines.append(contentsOf: #"\n"#.utf8)
            default: lines.append(byte)
            }
        }

        private static func text(_ value: Double) -> String {
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
            return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
        }
    }

    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []

    /// Creates an empty text.
    init() { bytes.reserveCapacity(8192) }

    /// Writes a family with its help and type.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ body: (inout Family) -> Void) {
        var family = Family(name: name)
        body(&family)
        guard !family.lines.isEmpty else { return }
        bytes.append(contentsOf: "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n".utf8)
        bytes.append(contentsOf: family.lines)
    }

    private static func escaped(_ help: String) -> String {
        var text = ""
        for character in help.unicodeScalars {
            switch character {
            case "\\": text += #"\\"#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
