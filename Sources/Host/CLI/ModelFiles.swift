import ArgumentParser
import HostApp
import HostManifest

/// `penstock models export`.
struct ExportModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a version with its card into one file, for another host to import.",
        discussion: """
            The file has what the version predicts with, its card with the verdict of the leakage gate, and a SHA-256 over both, which \
            is printed. What a model that learns was taught since its fit is not in it.
            """)

    @OptionGroup var options: VersionOptions

    @Argument(help: ArgumentHelp("The version.", valueName: "version"))
    var version: Int

    @Option(
        name: [.long, .customShort("o")],
        help: ArgumentHelp("The file; default: MODEL-VERSION.model.json.", valueName: "file"), completion: .file())
    var output: String?

    /// What is printed.
    private struct Line: Encodable {
        let file, sha256: String
        let bytes: Int
    }

    func run() async throws {
        let file = try await options.session().file(options.model, options.pipeline, version)
        let (path, bytes) = (output ?? "\(options.model)-\(version).model.json", file.bytes)
        do throws(AtomicFile.Failure) { try AtomicFile.write(String(decoding: bytes, as: UTF8.self), to: path) } catch {
            throw HostError(exitCode: 3, "models export: \(error.description)")
        }
        try options.shared.tell(
            Line(file: path, sha256: file.sha256, bytes: bytes.count),
            "model/\(options.model): version \(version) is in \(path), \(bytes.count) bytes.\nSHA-256 \(file.sha256)\n")
    }
}

/// `penstock models import`.
struct ImportModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a version from a file that 'models export' wrote, as the next candidate.",
        discussion: """
            Refused where a byte of the file is another one than was written, where the manifest has the model with another plugin, \
            target or features than the version was fitted with, and where the version is here already. It predicts nothing until it is \
            promoted, by hand or by the manifest's 'promotion'.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var why: VersionReason

    @Argument(help: ArgumentHelp("The file.", valueName: "file"), completion: .file())
    var file: String

    @Option(name: .long, help: ArgumentHelp("The model's id here; default: as in the file.", valueName: "model"))
    var model: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The pipeline; may be left out where one alone has the model.", valueName: "id"))
    var pipeline: String?

    func run() async throws {
        let session = VersionSession(try shared.manifest(runsCode: false))
        let bytes: [UInt8]
        do throws(SmallFile.Failure) { bytes = try SmallFile.read(file, limit: 256 << 20) } catch {
            throw HostError(
                exitCode: 3,
                "models import: \(file) cannot be read: \(error.reason). Name a file that `penstock models export` wrote."
            )
        }
        let read = try VersionSession.read(bytes, from: file)
        let report = try await session.take(read, as: model, in: pipeline, reason: why.reason)
        let lines = report.versions.map {
            "model/\($0.model): version \($0.version) in pipeline/\($0.pipeline) is \($0.stage), from \(file).\n"
        }
        try shared.tell(report, lines.joined())
    }
}
