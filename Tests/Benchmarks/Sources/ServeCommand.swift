import ArgumentParser

/// Serves the product's gateway over fixed numbers, to be loaded from outside.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve")

    @Option(help: "A port of 127.0.0.1; 0 takes a free one.") var port = 0

    func run() async throws { try await BenchmarkServer.run(port: port) }
}
