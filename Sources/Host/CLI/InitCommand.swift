import ArgumentParser
import Builtin
import FoundationEssentials
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

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Live sources of a market instead of files: \(StarterSources.all.map(\.name).joined(separator: ", ")).",
            valueName: "name"))
    var template: String?

    func run() async throws {
        let (text, leftOut) = try checkedText()
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
        try makeFolder()
        if shared.json { return try Output.json(Written(written: shared.config, leftOut: leftOut)) }
        if !leftOut.isEmpty {
            let names = leftOut.prefix(10).joined(separator: ", ")
            let more = leftOut.count > 10 ? ", and \(leftOut.count - 10) more" : ""
            let files = leftOut.count == 1 ? "1 file is" : "\(leftOut.count) files are"
            Output.warning(
                "init: \(files) left out: \(names)\(more). Put those of another way into a folder of their own and give them a "
                    + "provider of their own.")
        }
        Output.write(
            """
            \(shared.config): written.
            Next: penstock config check --config \(shared.config)
                  penstock run --config \(shared.config)

            """)
    }

    /// What was done, for programs.
    private struct Written: Encodable {
        let written: String
        let leftOut: [String]
    }

    /// Returns the manifest for a market, or for what the files look like, and files that it does not read; throws where what was
    /// asked for makes none.
    private func checkedText() throws -> (text: String, leftOut: [String]) {
        let (sources, found, leftOut) = try sources()
        let text = StarterManifest(sources, instruments: instruments?.split(separator: ",").map(String.init) ?? found)
            .text
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: shared.config)
        guard let fault = result.faults.first else { return (text, leftOut) }
        throw HostError(
            exitCode: 2,
            "init: '--instruments' is '\(instruments ?? "")' and '--data' is '\(data ?? Self.usualData)', which make no manifest: "
                + "\(fault.text) Nothing was written.")
    }

    /// Makes the folder that a market's own files are looked for in, so that a start finds it.
    private func makeFolder() throws {
        guard let folder = template.flatMap(StarterSources.named)?.folder else { return }
        let path = base + folder
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            throw HostError(
                exitCode: 3, "init: '\(path)' was not made (\(error)). Make it yourself.")
        }
    }

    /// The folder the manifest is in, with its slash; empty for the one that is worked in.
    private var base: String { shared.config.lastIndex(of: "/").map { "\(shared.config[..<$0])/" } ?? "" }

    /// Returns where the data comes from, whom files are of, and which are not read.
    private func sources() throws -> (StarterSources, instruments: [String], leftOut: [String]) {
        guard let template else {
            let found = try look()
            let timeframe = found.timeframe?.description ?? "1d"
            let files = StarterSources.files(data ?? Self.usualData, timeframe: timeframe, options: found.options)
            return (files, found.instruments.map(\.description), found.leftOut)
        }
        guard data == nil else {
            throw HostError(exitCode: 2, "init: '--template' and '--data' exclude each other. Give one of them.")
        }
        guard let sources = StarterSources.named(template) else {
            throw HostError(
                exitCode: 2,
                "init: '--template' is '\(template)'; there are \(StarterSources.all.map(\.name).joined(separator: ", ")). "
                    + "Nothing was written.")
        }
        return (sources, [], [])
    }

    /// Looks into the files; a relative path starts from where the manifest will be. Where nothing was named and nothing
    /// is there, the manifest is one for files to come.
    private func look() throws -> FoundData {
        let path = data ?? Self.usualData
        let wanted = (instruments ?? "").split(separator: ",").compactMap { try? Instrument(parsing: String($0)) }
        do throws(PluginError) {
            return try Builtin.look(into: path.hasPrefix("/") ? path : base + path, of: Set(wanted))
        } catch {
            let isThere = error.code == .configuration || error.code == .malformed && instruments == nil
            if !isThere, data == nil || instruments != nil { return FoundData(instruments: []) }
            throw HostError(exitCode: 3, "init: '--data' is '\(path)': \(error.message) Nothing was written.")
        }
    }

    private static let usualData = "data/history"
}
