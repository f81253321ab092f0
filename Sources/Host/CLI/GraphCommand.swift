import ArgumentParser
import Glibc
import HostApp
import HostManifest

/// `penstock graph`: what flows where, by the manifest.
struct GraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draw what flows where: as text, for Graphviz, or as SVG.",
        discussion: "Reads the manifest only; no host has to run. SVG needs `dot` (Debian: apt-get install graphviz).")

    /// What is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// Lines for people.
        case text
        /// Graphviz' language.
        case dot
        /// A picture.
        case svg
    }

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Only this pipeline.", valueName: "pipeline"))
    var pipeline: String?

    @Option(name: .long, help: ArgumentHelp("text, dot or svg.", valueName: "format"))
    var format = Format.text

    func run() async throws {
        let manifest = try shared.manifest(runsCode: false)
        let shown = manifest.pipelines.filter { pipeline == nil || $0.id == pipeline }
        guard !shown.isEmpty else {
            let known = manifest.pipelines.map(\.id).joined(separator: ", ")
            throw HostError(
                exitCode: 2, "graph: no pipeline '\(pipeline ?? "")' in \(shared.config). Known: \(known).")
        }
        let graph = ManifestGraph(manifest, shown)
        switch format {
        case .text: Output.page(graph.text)
        case .dot: Output.write(graph.dot)
        case .svg: try draw(graph.dot)
        }
    }

    /// Lets Graphviz write the picture to standard output.
    private func draw(_ dot: String) throws {
        guard let program = popen("exec dot -Tsvg", "w") else {
            throw HostError(exitCode: 3, "graph: no process can be started: \(String(cString: strerror(errno))).")
        }
        let bytes = Array(dot.utf8)
        fwrite(bytes, 1, bytes.count, program)
        guard pclose(program) == 0 else {
            throw HostError(
                exitCode: 3,
                "graph: Graphviz' `dot` drew nothing; it has to be on PATH. Install it (Debian: apt-get install graphviz), or take "
                    + "--format dot.")
        }
    }
}
