import ArgumentParser
import HostGateway

/// Serves the product's gateway over fixed numbers, to be loaded from outside.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve")

    @Option(help: "A port of 127.0.0.1; 0 takes a free one.") var port = 0

    @Option(help: "Most connections that are open at once.") var connections = ConnectionLimits.usualMost

    @Option(help: "A folder: callers need the key that is made there and printed, and none is limited.") var keys:
        String?

    func run() async throws { try await BenchmarkServer.run(port: port, connections: connections, keys: keys) }
}
