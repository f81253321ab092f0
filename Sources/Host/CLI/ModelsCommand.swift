import ArgumentParser
import HostApp
import HostCore
import HostManifest
import HostTraining
import PluginKit

/// `penstock models`: what is done with a model before it serves, and which version of it serves.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List, show, check and promote versions of models, search options, look at hold-outs.",
        discussion: """
            Asks the host that runs on the state folder; where none does, works on the folder itself. 'holdout' needs a folder on which \
            no host runs.
            """,
        subcommands: [
            ListModels.self, ShowModel.self, CompareModels.self, CheckModels.self, PromoteModel.self,
            RollbackModel.self, RetireModel.self, SplitModel.self, ShowDrift.self, PlotModels.self, ExportModel.self,
            ImportModel.self, FitModel.self, SearchModel.self, LookAtHoldout.self,
        ])
}

/// `penstock models list`.
struct ListModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the versions of models that serve or shadow, with their out-of-sample metrics.")

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "List candidates and retired versions too.")
    var all = false

    @Flag(name: .long, help: "Print the card of each, a list in JSON.")
    var cards = false

    func run() async throws {
        let session = VersionSession(try shared.manifest(runsCode: false))
        var report = try await session.answer(.list(VersionQuery()))
        if !all { report = report.keeping { [ModelStage.champion, .shadow].map(\.rawValue).contains($0.stage) } }
        guard cards else { return try shared.tell(report, report.table) }
        var texts: [String] = []
        for row in report.versions {
            texts.append(String(decoding: try await session.card(row.model, row.pipeline, row.version), as: UTF8.self))
        }
        Output.write("[" + texts.joined(separator: ",") + "]\n")
    }
}

/// The model, and the run that does the work.
struct ModelWorkOptions: ParsableArguments {
    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("The model's id in the manifest.", valueName: "model"), completion: Completions.models)
    var model: String

    /// Does the work; returns the host that did.
    func run(_ work: ModelWork) async throws -> Host {
        var options = HostOptions(isOnce: true, hasGateway: false)
        options.work = work
        return try await HostSession(shared: shared, options: options).run()
    }
}

/// `penstock models holdout`.
struct LookAtHoldout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdout",
        abstract: "Look at how good a model is on what 'validation.holdout' kept from everything.",
        discussion: """
            Once per version (manifest and data): a second look tells the first one's numbers. Every look is counted, since what is \
            chosen after several is no longer out of sample.
            """)

    @OptionGroup var options: ModelWorkOptions

    func run() async throws { _ = try await options.run(.holdout(options.model)) }
}
