import ArgumentParser
import HostApp
import HostCore
import HostManifest
import HostTraining

/// How a fit is asked for.
struct FitOptions: ParsableArguments {
    @OptionGroup var version: VersionOptions

    @Option(name: .long, help: ArgumentHelp("Why; it is kept with the version.", valueName: "text"))
    var reason = "asked for on the command line"

    @Flag(name: .long, help: "Do not wait until the host that runs has fitted it.")
    var noWait = false

    /// Has the model fitted, by the host that runs or here.
    func run(isSearch: Bool) async throws {
        let report = try await version.session().fit(
            version.model, in: version.pipeline, isSearch: isSearch, reason: reason, isAwaited: !noWait)
        guard let report else { return try await here(isSearch ? .search(version.model) : .fit(version.model)) }
        let what = report.message.isEmpty ? "is \(report.state.rawValue) in the host" : report.message
        try version.shared.tell(report, "model/\(report.model) in pipeline/\(report.pipeline): \(what).\n")
    }

    private func here(_ work: ModelWork) async throws {
        var options = HostOptions(isOnce: true, hasGateway: false)
        options.work = work
        let host = try await HostSession(shared: version.shared, options: options).run()
        for entry in host.view.models.entries(version.model) where !version.shared.json {
            if let card = ModelCard(json: entry.card) { Output.write(ModelReport.text(card)) }
        }
    }
}

/// `penstock models fit`.
struct FitModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit", abstract: "Fit a model on what is stored now.",
        discussion: """
            In a host that runs it is fitted beside its stream: one model at a time, at low priority, and what serves goes on. The new \
            version serves where the manifest has no 'promotion' and no hand has promoted one, else it is a candidate. Where no host \
            runs it is fitted here, if data or configuration have changed since it was.
            """)

    @OptionGroup var options: FitOptions

    func run() async throws { try await options.run(isSearch: false) }
}

/// `penstock models search`.
struct SearchModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Search the options of a model as its 'search' says, and fit it.",
        discussion: """
            Each test of the model's validation has a search of its own, on the rows before it alone, and so has what serves: the \
            metrics are of rows that no search had seen. Each trial is stored as it ends; a search that was stopped or killed goes on \
            where it was. One that has ended is not made again while manifest and data stay as they are. In a host that runs it is done \
            beside the stream, as `penstock models fit` is.
            """)

    @OptionGroup var options: FitOptions

    func run() async throws { try await options.run(isSearch: true) }
}
