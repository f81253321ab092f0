/// Writes metrics in Prometheus' text format 0.0.4.
///
/// ```swift
/// var text = PrometheusWriter()
/// for metric in Metric.all { text.write(metric) { metric.read(source, &$0) } }
/// ```
/// A metric without a series is left out. Label values may hold anything; names are constants of the host.
struct PrometheusWriter {
    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Series that were left out, by metric.
    private(set) var omitted: [String: Int] = [:]

    /// Creates an empty text.
    init() { bytes.reserveCapacity(8192) }

    /// Writes a metric with its help and type.
    mutating func write(_ metric: Metric, _ body: (inout MetricSamples) -> Void) {
        var samples = MetricSamples(of: metric)
        body(&samples)
        if samples.omitted > 0 { omitted[metric.name] = samples.omitted }
        guard !samples.lines.isEmpty else { return }
        bytes.append(
            contentsOf:
                "# HELP \(metric.name) \(Self.escaped(metric.help))\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
                .utf8)
        bytes.append(contentsOf: samples.lines)
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
