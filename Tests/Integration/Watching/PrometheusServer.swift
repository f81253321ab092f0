import FoundationEssentials
import Glibc
import Testing

/// A Prometheus that scrapes hosts each second and judges them by the rules of `deploy/prometheus`, in which an hour is a minute.
struct PrometheusServer {
    let child: Child
    let port: UInt16

    /// Whether Debian's package is here.
    static var isInstalled: Bool { access("/usr/bin/prometheus", X_OK) == 0 }

    /// Starts it in a folder.
    static func start(_ box: Sandbox, scraping port: UInt16) async throws -> PrometheusServer {
        for name in ["recording", "alerts"] {
            try box.write(
                shortened(Files.text("\(Program.repository)/deploy/prometheus/\(name).yaml")), to: "\(name).yaml")
        }
        try box.write(
            """
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [recording.yaml, alerts.yaml]
            scrape_configs:
              - job_name: penstock
                static_configs: [{ targets: ["127.0.0.1:\(port)"] }]

            """, to: "prometheus.yaml")
        let words = [
            "--config.file=prometheus.yaml", "--storage.tsdb.path=prometheus", "--web.listen-address=127.0.0.1:0",
        ]
        let child = try box.start(words, program: "/usr/bin/prometheus")
        let own = try await eventually("Prometheus listens", or: { child.trace }) { () -> UInt16? in
            let mark = "msg=\"Listening on\" address=127.0.0.1:"
            return child.err.firstRange(of: mark).flatMap { UInt16(child.err[$0.upperBound...].prefix { $0.isNumber }) }
        }
        try await eventually("Prometheus has read what it keeps", or: { child.trace }) {
            try HTTP.get("/-/ready", port: own).status == 200 ? true : nil
        }
        return PrometheusServer(child: child, port: own)
    }

    /// The numbers that an expression has now, by the label that is asked for.
    func values(_ expression: String, by label: String) throws -> [String: Double] {
        let query = expression.utf8.map { byte in
            let isPlain = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: "_")
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        let reply = try HTTP.get("/api/v1/query?query=\(query)", port: port)
        guard reply.status == 200 else { throw Failure("Prometheus answered \(reply.status): \(reply.text)") }
        let rows = try JSON(parsing: reply.text)["data"]["result"].items
        return Dictionary(
            rows.map { ($0["metric"][label].text ?? "", Double($0["value"][1].text ?? "") ?? .nan) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Waits until each of these alerts has fired.
    func waits(for alerts: Set<String>) async throws {
        try await eventually("\(alerts.sorted()) fire", or: { "; of them did: \(Set((try? fired()) ?? []))" }) {
            alerts.isSubset(of: try fired()) ? true : nil
        }
    }

    /// The alerts that have fired.
    private func fired() throws -> Set<String> {
        Set(try values("count_over_time(ALERTS{alertstate=\"firing\"}[1h])", by: "alertname").keys)
    }

    /// Rules whose spans are shorter by sixty; none is shorter than what two scrapes need.
    static func shortened(_ rules: String) -> String {
        rules.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("        for: ") { return "        for: \(span(line.dropFirst("        for: ".count)))" }
            guard line.hasPrefix("        expr: ") else { return String(line) }
            return shortened(expression: line)
        }.joined(separator: "\n")
    }

    private static func shortened(expression line: Substring) -> String {
        var text = ""
        var rest = line
        while let mark = [rest.firstRange(of: "["), rest.firstRange(of: "offset ")].compactMap({ $0 })
            .min(by: { $0.lowerBound < $1.lowerBound })
        {
            text += rest[..<mark.upperBound]
            rest = rest[mark.upperBound...]
            let word = rest.prefix { $0.isNumber || $0.isLetter }
            text += span(word)
            rest = rest.dropFirst(word.count)
        }
        return text + rest
    }

    private static func span(_ word: Substring) -> String {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = word.last.flatMap({ units[$0] }), let count = Int(word.dropLast()), count > 0 else {
            return String(word)
        }
        return "\(max(5, count * unit / 60))s"
    }
}
