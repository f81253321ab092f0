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

    /// Writes messages, a line each: `KEY|MESSAGE`.
    package func write(_ lines: [String], to topic: String) throws {
        try Self.write(lines, to: topic, at: "127.0.0.1:\(port)", in: folder)
    }

    fileprivate static func write(
        _ lines: [String], to topic: String, at address: String, in folder: TemporaryFolder, _ more: [String] = []
    ) throws {
        let file = folder.file("messages-\(topic)")
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        LocalServer.output(of: ["kcat", "-P", "-b", address, "-t", topic, "-K", "|", "-l", file] + more)
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

/// A broker that librdkafka brings for tests: it knows groups whose members hand partitions over one by one, and no headers.
package final class KafkaMock: Sendable {
    /// Whether it can be started.
    package static let isUsable =
        LocalServer.output(of: ["python3", "-c", "import ctypes; ctypes.CDLL('librdkafka.so.1')"]) != nil
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/kcat")

    private static let program = """
        import ctypes, sys, time
        k = ctypes.CDLL("librdkafka.so.1")
        for name in ("conf_new", "new", "mock_cluster_new"):
            getattr(k, "rd_kafka_" + name).restype = ctypes.c_void_p
        k.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        k.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
        k.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
        k.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        k.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
        client = k.rd_kafka_new(0, k.rd_kafka_conf_new(), ctypes.create_string_buffer(512), 512)
        cluster = k.rd_kafka_mock_cluster_new(client, 1)
        k.rd_kafka_mock_topic_create(cluster, sys.argv[1].encode(), int(sys.argv[2]), 1)
        open("address", "w").write(k.rd_kafka_mock_cluster_bootstraps(cluster).decode() + "\\n")
        time.sleep(1e6)
        """

    /// Options of a provider that lead to it.
    package var options: [String: ConfigurationValue] { ["brokers": .list([.text(address)])] }
    private let address: String
    private let topic: String
    private let folder: TemporaryFolder
    private let server: LocalServer

    /// Starts a broker with one topic.
    package init(_ topic: String, partitions: Int) throws {
        self.topic = topic
        folder = try TemporaryFolder()
        server = try LocalServer(["python3", "-c", Self.program, topic, "\(partitions)"], in: folder.path)
        let file = folder.file("address")
        try server.wait { (try? String(contentsOfFile: file, encoding: .utf8))?.hasSuffix("\n") == true }
        address = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes messages, a line each: `KEY|MESSAGE`, to a partition.
    package func write(_ lines: [String], partition: Int) throws {
        try KafkaServer.write(lines, to: topic, at: address, in: folder, ["-p", "\(partition)"])
    }
}
