import ArgumentParser
import FoundationEssentials
import Glibc
import HostApp
import HostManifest
import PluginKit

/// `penstock tap`: the records of a pipeline as they pass, one JSON object a line.
struct TapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Print the records of a pipeline as they pass, one JSON object a line.",
        discussion: """
            Reads the live channel /sse/enhanced of the running host, to which a `websocket` sink of the pipeline sends. Ends \
            with the host, with a signal, or after --count records. With --after it begins with the first record the channel \
            still has after that id.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The pipeline's id in the manifest.", valueName: "pipeline"))
    var pipeline: String

    @Option(name: .long, help: ArgumentHelp("Only these kinds of records, with commas.", valueName: "kinds"))
    var kinds: String?

    @Option(name: .long, help: ArgumentHelp("Only these instruments, with commas.", valueName: "symbols"))
    var symbols: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The id of the last record that is known; 0 begins with the oldest that is kept.", valueName: "id"))
    var after: Int?

    @Option(name: .long, help: ArgumentHelp("End after so many records.", valueName: "number"))
    var count: Int?

    /// What is read of a record to choose it.
    private struct Head: Decodable {
        let kind: String
        let pipeline: String?
    }

    func validate() throws {
        let known = RecordKind.allCases.map(\.rawValue)
        for kind in wanted ?? [] where !known.contains(kind) {
            throw ValidationError("--kinds: no kind '\(kind)'. Allowed: \(known.joined(separator: ", ")).")
        }
        if let count, count < 1 { throw ValidationError("--count is \(count); allowed: 1 or more.") }
        if let after, after < 0 { throw ValidationError("--after is \(after); allowed: 0 or more.") }
    }

    func run() async throws {
        try check(try shared.manifest(runsCode: false))
        let host = try shared.runningHost("tap")
        // Whoever closes the pipe, as `head` does, ends this.
        signal(SIGPIPE, SIG_DFL)
        let wanted = wanted
        var printed = 0
        try LocalClient.lines(of: host, path) { line in
            guard line.hasPrefix("data: "), let head = Self.head(line.dropFirst(6)) else { return true }
            if head.kind == "gap" {
                Output.warning(
                    "tap: records are missing here, the channel does not have them any more: \(line.dropFirst(6))")
            }
            guard head.pipeline == pipeline, wanted?.contains(head.kind) ?? true else { return true }
            Output.write("\(line.dropFirst(6))\n")
            printed += 1
            return printed != count
        }
        guard printed == count else {
            throw HostError(exitCode: 1, "tap: the host has ended the stream. `penstock status` says whether it runs.")
        }
    }

    private func check(_ manifest: Manifest) throws {
        guard let declared = manifest.pipelines.first(where: { $0.id == pipeline }) else {
            let known = manifest.pipelines.map(\.id).joined(separator: ", ")
            throw HostError(exitCode: 2, "tap: no pipeline '\(pipeline)' in \(shared.config). Known: \(known).")
        }
        let isSent = manifest.sinks.contains {
            declared.sinks.contains($0.instance.id) && $0.instance.descriptor.name == "websocket"
        }
        guard isSent else {
            throw HostError(
                exitCode: 2,
                "tap: pipeline/\(pipeline) has no `websocket` sink, which sends its records to the live channels. Add one to "
                    + "'sinks' (`live: { plugin: websocket }`), then `penstock reload`.")
        }
    }

    private var wanted: Set<String>? {
        kinds.map { Set($0.split(separator: ",").map { String($0.filter { $0 != " " }) }) }
    }

    private var path: String {
        var query: [String] = []
        if let symbols { query.append("symbols=\(symbols.filter { $0 != " " })") }
        if let after { query.append("after=\(after)") }
        return "/sse/enhanced" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    private static func head(_ text: Substring) -> Head? {
        try? JSONDecoder().decode(Head.self, from: Data(text.utf8))
    }
}
