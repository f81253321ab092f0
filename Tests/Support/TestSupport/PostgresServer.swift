import Foundation
import Glibc
package import PluginKit
import Synchronization

/// PostgreSQL of the system with a cluster of its own, on a port of the loopback interface: database and user are `postgres`.
///
/// The server refuses to run as root: then it runs as the user `postgres` of the package.
package final class PostgresServer: Sendable {
    /// Where the programs are, the newest version's; nil where PostgreSQL is not installed.
    package static let programs: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let folders = versions.compactMap(Int.init).sorted().map { "/usr/lib/postgresql/\($0)/bin" }
        return folders.last { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }()
    package static let missing = "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
    package static let password = "s3cret"

    package let port = LocalServer.freePort()
    /// Options of a sink that lead to it.
    package var options: [String: ConfigurationValue] {
        [
            "host": .text("127.0.0.1"), "port": .integer(port), "database": .text("postgres"),
            "user": .text("postgres"),
            "password": .secret(Secret(Self.password)),
        ]
    }
    private let folder: TemporaryFolder
    private let server = Mutex<LocalServer?>(nil)
    private let settings: [String]

    /// Makes a cluster and starts its server.
    ///
    /// - Parameter settings: further ones, `ssl=on`.
    package init(_ settings: [String] = [], certificate: TestCertificate? = nil) throws {
        folder = try TemporaryFolder()
        let secret = try folder.write(Self.password, to: "password")
        var settings = settings
        if let certificate {
            for (source, name) in [(certificate.file, "server.crt"), (certificate.key, "server.key")] {
                try folder.write(Array(try Data(contentsOf: URL(filePath: source))), to: name, mode: 0o600)
            }
            settings += [
                "ssl=on", "ssl_cert_file=\(folder.file("server.crt"))", "ssl_key_file=\(folder.file("server.key"))",
            ]
        }
        self.settings = settings
        if getuid() == 0 { LocalServer.output(of: ["chown", "-R", "postgres:", folder.path]) }
        let made = LocalServer.output(
            of: Self.asUser + [
                "\(Self.programs ?? "")/initdb", "-D", folder.file("data"), "-U", "postgres", "--pwfile", secret, "-A",
                "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
            ])
        guard made != nil else { throw CocoaError(.executableLoad) }
        try start()
    }

    deinit { stop() }

    /// Starts the server, again where it was stopped.
    package func start() throws {
        let options = settings.flatMap { ["-c", $0] }
        let started = try LocalServer(
            Self.asUser + [
                "\(Self.programs ?? "")/postgres", "-D", folder.file("data"), "-p", "\(port)", "-c",
                "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=20",
            ] + options, in: folder.path, signal: "INT")
        server.withLock { $0 = started }
        try started.wait { query("SELECT 1") == ["1"] }
    }

    /// Ends the server.
    package func stop() { server.withLock { $0.take() }?.end() }

    /// Ends the server as a crash does, with all processes of its own.
    package func crash() {
        let running = server.withLock { $0.take() }
        kill(running?.pid ?? 0, SIGQUIT)
        running?.end()
    }

    /// Runs statements; returns the lines of the answer, cells with `|` between, nil where they failed.
    @discardableResult
    package func query(_ sql: String) -> [String]? {
        LocalServer.output(of: client(sql))?.split(separator: "\n").map(String.init)
    }

    /// Begins a transaction that has done something, and keeps it open for a minute.
    package func hold(_ sql: String) throws -> LocalServer {
        let holder = try LocalServer(["env"] + client("BEGIN; \(sql); SELECT pg_sleep(60)"), in: folder.path)
        let sleeps = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        try holder.wait { query(sleeps) == ["1"] }
        return holder
    }

    private func client(_ sql: String) -> [String] {
        [
            "PGPASSWORD=\(Self.password)", "psql", "-h", "127.0.0.1", "-p", "\(port)", "-U", "postgres", "-d",
            "postgres", "-X",
            "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql,
        ]
    }

    private static var asUser: [String] {
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
    }
}
