import ArgumentParser
import HostApp
import HostCore
import HostTraining

/// `penstock models check`.
struct CheckModels: AsyncParsableCommand {
    /// What is told of a model of a pipeline.
    private struct Line: Encodable {
        let event = "checked"
        let model: String
        let pipeline: String
        let leakage: LeakageVerdict?
        /// Why there is no verdict.
        let message: String?
    }

    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say whether anything of the future reached what models learned from.",
        discussion: """
            Tells the verdict of the leakage gate, which is part of every fit, with the numbers behind it. In a host that runs it is that of \
            the versions that serve; where none runs, models that are not fitted yet are. Exit code 1 where a check fails.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("Ids of models; without one all of them.", valueName: "model"),
        completion: Completions.models)
    var models: [String] = []

    func run() async throws {
        let session = VersionSession(try shared.manifest(runsCode: false))
        var isClean = true
        for found in try await session.isLive ? serving(session) : fitted() {
            if found.card?.leakage?.outcome != .pass { isClean = false }
            if shared.json {
                try Output.json(
                    Line(
                        model: found.model, pipeline: found.pipeline, leakage: found.card?.leakage,
                        message: found.message.isEmpty ? nil : found.message))
            } else if let card = found.card {
                Output.write(ModelReport.text(card, in: found.pipeline))
            } else {
                Output.write("model/\(found.model) in \(found.pipeline): not checked. \(found.message)\n")
            }
        }
        guard isClean else { throw ExitCode(1) }
    }

    /// A model of a pipeline with its card.
    private typealias Found = (model: String, pipeline: String, card: ModelCard?, message: String)

    /// What serves in the host that runs.
    private func serving(_ session: VersionSession) async throws -> [Found] {
        let versions = try await session.answer(.list(VersionQuery(stage: .champion))).versions
        if let unknown = models.first(where: { id in !versions.contains { $0.model == id } }) {
            throw HostError(
                exitCode: 1,
                "models check: no version of model/\(unknown) serves. `penstock models list --all` shows which there are."
            )
        }
        var found: [Found] = []
        for row in versions where models.isEmpty || models.contains(row.model) {
            let card = ModelCard(json: try await session.card(row.model, row.pipeline, row.version))
            found.append((row.model, row.pipeline, card, "It has no card."))
        }
        return found
    }

    /// Models as they are fitted here.
    private func fitted() async throws -> [Found] {
        var options = HostOptions(isOnce: true, hasGateway: false)
        options.work = .check(models)
        let host = try await HostSession(shared: shared, options: options).run()
        return host.view.models.all.filter { models.isEmpty || models.contains($0.model) }.map {
            ($0.model, $0.pipeline, ModelCard(json: $0.card), $0.message)
        }
    }
}
