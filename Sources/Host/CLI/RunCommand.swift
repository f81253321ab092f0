import ArgumentParser
import Builtin
import HostApp
import HostManifest

/// `penstock run`: the service.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run what the manifest says, as a service, until Ctrl-C.")

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "End when the providers' data ends; exit 1 where anything failed on the way.")
    var once = false

    @Option(
        name: .long, help: ArgumentHelp("Listen here instead of host.listen.", valueName: "host:port"),
        transform: ListenAddress.read)
    var listen: ListenAddress?

    @Flag(name: .long, help: "Reload when the manifest's file changes.")
    var watch = false

    @Flag(name: .long, help: "Start with the last manifest that ran, whatever the file says now.")
    var resume = false

    @Flag(name: .long, help: "Exit 1 where a warning was told on the way: refused rows, parts that did not work.")
    var strict = false

    func run() async throws {
        let options = HostOptions(
            mode: .run, isOnce: once, listen: listen, hasGateway: !once || listen != nil, isWatching: watch)
        try await HostSession(shared: shared, options: options, isResumed: resume, isStrict: strict).run()
    }
}

/// `penstock replay`: the past again.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play history through the same pipelines again, between two days.",
        discussion: """
            Bars before --from only warm up the indicators. State goes to a new folder under host.state/replay, and so do \
            files of sinks with a relative path; what `penstock run` wrote stays untouched.
            """)

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: ArgumentHelp("First day, UTC.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day, UTC.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Option(
        name: .long, help: ArgumentHelp("Serve on this address meanwhile.", valueName: "host:port"),
        transform: ListenAddress.read)
    var listen: ListenAddress?

    func run() async throws {
        let first = try day(from, "--from", isEnd: false) ?? .min
        let last = try day(to, "--to", isEnd: true) ?? .max
        guard first < last else {
            throw ValidationError(
                "'--from' is \(from ?? ""), after '--to' \(to ?? ""); allowed is that day or one before it.")
        }
        let mode = HostOptions.Mode.replay(from: first, through: last)
        let options = HostOptions(mode: mode, isOnce: true, listen: listen, hasGateway: listen != nil)
        try await HostSession(shared: shared, options: options).run()
    }

    private func day(_ text: String?, _ name: String, isEnd: Bool) throws -> Int64? {
        guard let text else { return nil }
        guard let time = EventTimeText.day(text, isEnd: isEnd) else {
            throw ValidationError("'\(text)' is no day for '\(name)'; allowed YYYY-MM-DD, as 2012-05-31.")
        }
        return time
    }
}

extension ListenAddress {
    /// Reads `HOST:PORT` from the command line.
    fileprivate static func read(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("allowed HOST:PORT, port 0...65535, as 127.0.0.1:8080.")
        }
        return address
    }
}
