import ArgumentParser
import HostApp
import HostCore
import HostManifest
import HostTraining
import PluginKit

/// `penstock models`: what is done with a model before it serves.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List fitted models, search options, check for leakage, and look at what a model holds out.",
        discussion:
            "Needs a state folder on which no host runs. `penstock run` makes the same search before it serves.",
        subcommands: [ListModels.self, SearchModel.self, LookAtHoldout.self, CheckModels.self])
}

/// `penstock models list`.
struct ListModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models that are fitted and stored, with their out-of-sample metrics.",
        discussion: "With --json the whole card of each, as the API serves it.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let state = try StateAtRest(try shared.manifest(runsCode: false), who: "models")
        do throws(PluginError) {
            let cards = try await state.cards()
            if shared.json { return Output.write(Self.json(cards.map(\.card))) }
            let rows = cards.map { pipeline, card in
                [card.model, pipeline, card.plugin, card.target, "\(card.metrics.rows)"]
                    + [card.metrics.rankIC, card.metrics.ic, card.metrics.r2, card.metrics.directionalAccuracy]
                    .map { ResultTable.fixed($0, 4) } + [ModelReport.leakage(card.leakage)]
            }
            let header = [
                "MODEL", "PIPELINE", "PLUGIN", "TARGET", "ROWS", "RANK IC", "IC", "R2", "DIRECTION", "LEAKAGE",
            ]
            let isRight = [false, false, false, false, true, true, true, true, true, false]
            Output.write(TextTable(header: header, rows: rows, isRight: isRight).text)
        } catch {
            throw HostError(exitCode: error.exitCode, "models: \(error.message)")
        }
    }

    private static func json(_ cards: [ModelCard]) -> String {
        "[" + cards.map { String(decoding: $0.json, as: UTF8.self) }.joined(separator: ",") + "]\n"
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

/// `penstock models search`.
struct SearchModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Search the options of a model as its 'search' says, and fit it.",
        discussion: """
            Each test of the model's validation has a search of its own, on the rows before it alone, and so has what serves: the \
            metrics are of rows that no search had seen. Each trial is stored as it ends; a search that was stopped or killed goes on \
            where it was. One that has ended is not made again while manifest and data stay as they are.
            """)

    @OptionGroup var options: ModelWorkOptions

    func run() async throws {
        let host = try await options.run(.search(options.model))
        for entry in host.view.models.entries(options.model) where !options.shared.json {
            if let card = ModelCard(json: entry.card) { Output.write(ModelReport.text(card)) }
        }
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
