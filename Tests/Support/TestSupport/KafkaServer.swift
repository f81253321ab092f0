import Foundation
package import PluginKit

/// A broker that speaks Kafka's protocol: noida-db of PyPI, in the environment that `scripts/test-servers.sh` makes.
package final class KafkaServer: Sendable {
    /// The program; nil where it is not there.
    package static let program: String? = {
        let library = "\(Repository.root)/.venv-servers/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        return versions.map { "\(library)/\($0)/site-packages/noida_db/noida-db" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()
    /// Whether messages can be read here by a program that is not ours.
    package static let isUsable = program != nil && FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat")
    package static let missing = "no broker (scripts/test-servers.sh) or no kcat (Debian: apt-get install kcat)"

    package let port = LocalServer.freePort()
    /// Options of a sink or provider that lead to it.
    package var options: [String: ConfigurationValue] { ["brokers": .list([.text("127.0.0.1:\(port)")])] }
    private let folder: TemporaryFolder
    private let server: LocalServer

    /// Starts a broker without topics.
    package init() throws {
        folder = try TemporaryFolder()
        server = try LocalServer(
            [
                Self.program ?? "", "start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir",
                folder.file("data"),
            ],
            in: folder.path)
        try waitUntilReady()
    }

    /// Starts the broker again.
    package func start() throws {
        LocalServer.output(of: [Self.program ?? "", "start", "kafka", "--data-dir", folder.file("data")])
        try waitUntilReady()
    }

    /// Ends the broker, which keeps what it has; its process stays.
    package func stop() {
        LocalServer.output(of: [Self.program ?? "", "stop", "kafka", "--data-dir", folder.file("data")])
    }

    private func waitUntilReady() throws {
        try server.wait { LocalServer.output(of: ["kcat", "-L", "-b", "127.0.0.1:\(port)", "-m", "2"]) != nil }
    }

    /// Returns the messages of a topic, one at least where it gets any, each as a format of kcat's says: `%k %h %s`.
    package func messages(of topic: String, _ format: String) -> [String] {
        let read = [
            "kcat", "-C", "-b", "127.0.0.1:\(port)", "-t", topic, "-e", "-q", "-o", "beginning", "-f", "\(format)\n",
        ]
        for _ in 0..<20 {
            let lines = LocalServer.output(of: read)?.split(separator: "\n").map(String.init) ?? []
            // A topic that was just made is not known to each reader at once.
            if !lines.isEmpty { return lines }
        }
        return []
    }
}
