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
            Tells the verdict of the leakage gate, which is part of every fit, with the numbers behind it; models that are not fitted yet \
            are. Exit code 1 where a check fails.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("Ids of models; without one all of them.", valueName: "model"),
        completion: Completions.models)
    var models: [String] = []

    func run() async throws {
        var options = HostOptions(isOnce: true, hasGateway: false)
        options.work = .check(models)
        let host = try await HostSession(shared: shared, options: options).run()
        let entries = host.view.models.all.filter { models.isEmpty || models.contains($0.model) }
        var isClean = true
        for entry in entries {
            let card = ModelCard(json: entry.card)
            if card?.leakage?.outcome != .pass { isClean = false }
            if shared.json {
                try Output.json(
                    Line(
                        model: entry.model, pipeline: entry.pipeline, leakage: card?.leakage,
                        message: entry.message.isEmpty ? nil : entry.message))
            } else if let card {
                Output.write(ModelReport.text(card, in: entry.pipeline))
            } else {
                Output.write("model/\(entry.model) in \(entry.pipeline): not checked. \(entry.message)\n")
            }
        }
        guard isClean else { throw ExitCode(1) }
    }
}
