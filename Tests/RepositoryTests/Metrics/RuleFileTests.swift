import FoundationEssentials
import Glibc
import HostTelemetry
import TestSupport
import Testing

/// The rules of `deploy/prometheus` and the dashboards of `deploy/grafana` are those the tables say, and Prometheus' own
/// checker finds nothing wrong with them.
struct RuleFileTests {
    @Test func rulesAreCurrent() throws {
        try GeneratedFile.expect("\(RuleFile.folder)/recording.yaml", is: RuleFile.recording)
        try GeneratedFile.expect("\(RuleFile.folder)/alerts.yaml", is: RuleFile.alerts)
        try GeneratedFile.expect("\(RuleFile.folder)/tests.yaml", is: RuleFile.tests)
    }

    @Test func dashboardsAreCurrent() throws {
        for (file, dashboard) in Dashboard.all {
            try GeneratedFile.expect("\(Dashboard.folder)/\(file)", is: try dashboard.text())
        }
    }

    @Test func everyAlertReadsWhatIsThere() {
        let names = Set(Metric.all.map(\.name))
        for alert in Alert.all {
            let words = alert.expression.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
            for word in words where word.hasPrefix("penstock_") {
                let name = word.hasSuffix("_bucket") ? String(word.dropLast("_bucket".count)) : String(word)
                #expect(names.contains(name), "\(alert.name): \(name)")
            }
            #expect(words.contains("up") || Metric.all.contains { alert.reads($0) }, "\(alert.name)")
        }
        #expect(Set(Alert.all.map(\.name)).count == Alert.all.count)
    }

    @Test(.enabled(if: Promtool.isThere, "promtool is not installed (Debian: apt-get install prometheus)"))
    func promtoolAcceptsTheRulesAndTheirTests() throws {
        let folder = "\(Repository.root)/\(RuleFile.folder)"
        for words in ["check rules recording.yaml alerts.yaml", "test rules tests.yaml"] {
            let result = Promtool.run(words, in: folder)
            #expect(result.status == 0, "promtool \(words): \(result.output)")
        }
    }
}

/// Prometheus' own checker.
private enum Promtool {
    static var isThere: Bool {
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        return folders.split(separator: ":").contains { access("\($0)/promtool", X_OK) == 0 }
    }

    static func run(_ words: String, in folder: String) -> (status: Int32, output: String) {
        guard let pipe = popen("cd '\(folder)' && promtool \(words) 2>&1", "r") else { return (-1, "no shell") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        return (pclose(pipe), String(decoding: output, as: UTF8.self))
    }
}
