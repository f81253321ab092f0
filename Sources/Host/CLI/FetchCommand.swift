import ArgumentParser
import CivilTime
import HostApp
import HostManifest
import PluginKit

/// `penstock fetch`: asks a route once and shows the whole decision.
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Ask a route for an instrument once, and show who answered and why.",
        discussion:
            "Needs no running host and stores nothing. Requests count against the 'limits' of a provider like those of a host, also while one runs."
    )

    @OptionGroup var shared: SharedOptions
    @OptionGroup var asked: TrialOptions

    @Argument(help: ArgumentHelp("An instrument, as AAPL or 600519.SH.", valueName: "instrument"))
    var instrument: String

    @Option(name: .long, help: ArgumentHelp("A route; default: that of the first pipeline.", valueName: "id"))
    var route: String?

    func run() async throws {
        let manifest = try shared.manifest()
        let named = route ?? manifest.pipelines.first?.route
        guard let declaration = manifest.routes.first(where: { $0.id == named }) else {
            throw HostError(
                exitCode: 2,
                "fetch: no route '\(named ?? "")' in \(shared.config); its routes: "
                    + "\(manifest.routes.map(\.id).joined(separator: ", ")).")
        }
        let report = try await asked.report(manifest, instrument, declaration)
        try shared.tell(report, report.text)
        if report.source == nil { throw ExitCode(1) }
    }
}

/// What is asked for.
struct TrialOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Kind of event.", valueName: "kind"))
    var kind = EventKind.bar.rawValue

    @Option(name: .long, help: ArgumentHelp("Span of the bars, as 5m or 1d.", valueName: "timeframe"))
    var timeframe = "1d"

    @Option(name: .long, help: ArgumentHelp("First day, UTC.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day, UTC.", valueName: "yyyy-mm-dd"))
    var to: String?

    /// Asks a route; throws what is wrong with the options, or the fault of what could not even be asked.
    func report(
        _ manifest: Manifest, _ instrument: String, _ route: RouteDeclaration
    ) async throws -> RouteTrial.Report {
        guard let kind = EventKind(rawValue: kind) else {
            throw ValidationError(
                "'--kind' is '\(kind)'; allowed \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard let timeframe = Timeframe(timeframe) else {
            throw ValidationError("'--timeframe' is '\(timeframe)'; allowed a count and s, m, h, d, w or mo, as 5m.")
        }
        let range = (try time(from, "--from", isEnd: false) ?? .min, try time(to, "--to", isEnd: true) ?? .max)
        guard range.0 <= range.1 else { throw ValidationError("'--from' is after '--to'.") }
        do throws(PluginError) {
            return try await RouteTrial(manifest, warn: { Output.warning($0) }).fetch(
                kind, try Instrument(parsing: instrument), timeframe: timeframe, range: range.0...range.1, from: route)
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    private func time(_ text: String?, _ option: String, isEnd: Bool) throws -> Int64? {
        guard let text else { return nil }
        guard let time = EventTimeText.day(text, isEnd: isEnd) else {
            throw ValidationError("'\(option)' is '\(text)'; allowed a day as 2024-01-31.")
        }
        return time
    }
}

extension RouteTrial.Report {
    private static let shownConflicts = 10

    /// The decision as a table, and under it what was taken and what providers differ about.
    var text: String {
        let rows = attempts.map { attempt in
            [attempt.provider, attempt.outcome, "\(Int((attempt.seconds * 1_000).rounded())) ms", attempt.message]
        }
        let table = TextTable(header: ["PROVIDER", "OUTCOME", "TOOK", "WHY"], rows: rows).text
        guard let source else { return table + "route/\(route): no answer for \(instrument).\n" }
        let span = first.map { "\($0) ... \(last ?? "")" } ?? "none"
        let damage = defects > 0 ? ", \(defects) rows that cannot be read" : ""
        let from = given.count > 1 ? given.map { "\($0.source) (\($0.events))" }.joined(separator: ", ") : source
        let told = conflicts.suffix(Self.shownConflicts).map { "  \($0.time)  \($0.message)\n" }.joined()
        let count = conflicts.count == 1 ? "1 bar differs" : "\(conflicts.count) bars differ; the newest"
        let odd = conflicts.isEmpty ? "" : "\(count):\n" + told
        return table + "\(instrument): \(events) events from \(from), \(span)\(damage).\n" + odd
    }
}
