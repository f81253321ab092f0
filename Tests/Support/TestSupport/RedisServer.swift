import Foundation
package import PluginKit
import Synchronization

/// Redis of the system with a folder of its own, on a port of the loopback interface.
package final class RedisServer: Sendable {
    /// Whether it is installed.
    package static let isThere = FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server")
    package static let missing = "redis-server is not installed (Debian: apt-get install redis-server)"

    package let port = LocalServer.freePort()
    /// Options of a sink that lead to it.
    package var options: [String: ConfigurationValue] { ["host": .text("127.0.0.1"), "port": .integer(port)] }
    private let folder: TemporaryFolder
    private let settings: [String]
    private let server = Mutex<LocalServer?>(nil)

    /// Starts a server that keeps each write on disk.
    ///
    /// - Parameter settings: further ones, `["--requirepass", "s3cret"]`.
    package init(_ settings: [String] = []) throws {
        folder = try TemporaryFolder()
        self.settings = settings
        try start()
    }

    deinit { stop() }

    /// Starts the server, again where it was stopped.
    package func start() throws {
        let started = try LocalServer(
            [
                "/usr/bin/redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path,
                "--appendonly", "yes",
            ]
                + settings, in: folder.path)
        server.withLock { $0 = started }
        try started.wait { LocalServer.output(of: ["redis-cli", "-p", "\(port)", "PING"]) != nil }
    }

    /// Ends the server as a crash does.
    package func crash() { server.withLock { $0.take() }?.crash() }

    /// Ends the server.
    package func stop() { server.withLock { $0.take() }?.end() }

    /// Runs a command; returns the lines of its answer.
    @discardableResult
    package func ask(_ words: String...) -> [String] {
        let answer = LocalServer.output(of: ["redis-cli", "-p", "\(port)"] + words) ?? ""
        return answer.split(separator: "\n").map(String.init)
    }
}
