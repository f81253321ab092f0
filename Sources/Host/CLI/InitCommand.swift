import ArgumentParser
import Builtin
import Glibc
import HostApp
import HostManifest
import PluginKit

/// `penstock init`: a manifest to begin with.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a manifest to begin with; an existing one is never overwritten.")

    @OptionGroup var shared: SharedOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Folder of CSV files, one for each instrument, or a file for all.", valueName: "path"))
    var data: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Instruments, separated by commas; without it those the files are of.", valueName: "symbols")
    )
    var instruments: String?

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

    /// Returns the manifest for what the files look like; throws where what was asked for makes none.
    private func checkedText() throws -> String {
        let found = try look()
        let symbols = instruments?.split(separator: ",").map(String.init) ?? found.instruments.map(\.description)
        let text = StarterManifest(
            data: data ?? Self.usualData, instruments: symbols, timeframe: found.timeframe?.description ?? "1d",
            options: found.options
        ).text
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: shared.config)
        guard let fault = result.faults.first else { return text }
        throw HostError(
            exitCode: 2,
            "init: '--instruments' is '\(instruments ?? "")' and '--data' is '\(data ?? Self.usualData)', which make no manifest: "
                + "\(fault.text) Nothing was written.")
    }

    /// Looks into the files; a relative path starts from where the manifest will be. Where nothing was named and nothing
    /// is there, the manifest is one for files to come.
    private func look() throws -> FoundData {
        let path = data ?? Self.usualData
        let folder = shared.config.lastIndex(of: "/").map { "\(shared.config[..<$0])/" } ?? ""
        do throws(PluginError) { return try Builtin.look(into: path.hasPrefix("/") ? path : folder + path) } catch {
            if data == nil || instruments != nil { return FoundData(instruments: Self.usualInstruments) }
            throw HostError(exitCode: 3, "init: '--data' is '\(path)': \(error.message) Nothing was written.")
        }
    }

    private static let usualData = "data/history"
    private static let usualInstruments = ["AAPL", "IBM", "MSFT", "GOOG", "FB"].map {
        Instrument(code: $0, venue: "US")
    }
}
