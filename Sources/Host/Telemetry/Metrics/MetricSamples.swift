import HostCore

/// The series of one metric, written as they come; no more than the metric allows.
struct MetricSamples {
    private let metric: Metric
    private(set) var lines: [UInt8] = []
    private var count = 0

    init(of metric: Metric) { self.metric = metric }

    /// Series that were left out.
    var omitted: Int { max(0, count - metric.most) }

    /// Adds a series; `labels` are the values in the metric's order.
    mutating func add(_ value: Double, _ labels: String...) { add(value, labels) }

    /// Adds a series of a count.
    mutating func add(_ value: Int, _ labels: String...) { add(Double(value), labels) }

    /// Adds a series a name, in order of the names; the name is the last label's value.
    mutating func add(_ counts: some Sequence<(key: String, value: Int)>, _ labels: String...) {
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { add(Double(count), labels + [name]) }
    }

    /// Adds a histogram: buckets added up, sum and count.
    mutating func add(_ histogram: Histogram, _ labels: String...) {
        guard isAllowed() else { return }
        var below = 0
        for (bound, count) in zip(Histogram.bounds.map { Self.text($0) } + ["+Inf"], histogram.counts) {
            below += count
            line("_bucket", Double(below), labels, bound)
        }
        line("_sum", histogram.sum, labels)
        line("_count", Double(histogram.count), labels)
    }

    private mutating func add(_ value: Double, _ labels: [String]) {
        if isAllowed() { line("", value, labels) }
    }

    private mutating func isAllowed() -> Bool {
        count += 1
        return count <= metric.most
    }

    private mutating func line(_ suffix: String, _ value: Double, _ labels: [String], _ bound: String? = nil) {
        lines.append(contentsOf: (metric.name + suffix).utf8)
        var pairs = zip(metric.labels, labels).map { ($0.name, $1) }
        if let bound { pairs.append(("le", bound)) }
        append(pairs)
        lines.append(UInt8(ascii: " "))
        lines.append(contentsOf: Self.text(value).utf8)
        lines.append(UInt8(ascii: "\n"))
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
