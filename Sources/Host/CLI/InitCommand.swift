import ArgumentParser
import Builtin
import Glibc
import HostApp
import HostManifest

/// `penstock init`: a manifest to begin with.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a manifest to begin with; an existing one is never overwritten.")

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: ArgumentHelp("Folder of CSV files, one for each instrument.", valueName: "folder"))
    var data = "data/history"

    @Option(name: .long, help: ArgumentHelp("Instruments, separated by commas.", valueName: "symbols"))
    var instruments = "AAPL,IBM,MSFT,GOOG,FB"

    func run() async throws {
        let text = try checkedText()
        let file = open(shared.config, O_WRONLY | O_CREAT | O_EXCL, 0o644)
        guard file >= 0 else {
            let (fault, reason) = (errno, String(cString: strerror(errno)))
            let remedy = fault == EEXIST ? "Remove it, or name another" : "Name one that can be written"
            throw HostError(
                exitCode: 3, "init: '\(shared.config)' was not written (\(reason)). \(remedy) with --config FILE.")
        }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw HostError(
                exitCode: 3,
                "init: '\(shared.config)' was written in part (\(String(cString: strerror(errno)))). Free some space.")
        }
        if shared.json { return try Output.json(["written": shared.config]) }
        Output.write(
            """
            \(shared.config): written.
            Next: penstock config check --config \(shared.config)
                  penstock run --config \(shared.config)

            """)
    }

    /// Returns the manifest; throws where what was asked for makes none.
    private func checkedText() throws -> String {
        let text = StarterManifest(data: data, instruments: instruments.split(separator: ",").map(String.init)).text
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: shared.config)
        guard let fault = result.faults.first else { return text }
        throw HostError(
            exitCode: 2,
            "init: '--instruments' is '\(instruments)' and '--data' is '\(data)', which make no manifest: \(fault.text) "
                + "Nothing was written.")
    }
}
