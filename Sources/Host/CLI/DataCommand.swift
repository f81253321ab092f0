import ArgumentParser
import HostApp
import HostCore
import HostManifest
import PluginKit

/// `penstock data`: what is stored.
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Show what is stored, what is missing in it and what is odd; import and export.",
        discussion: "Asks the host that runs on the state folder; where none does, reads the folder itself.",
        subcommands: [DataStats.self, DataGaps.self, DataVerify.self, DataExport.self, DataImportCommand.self],
        defaultSubcommand: DataStats.self)
}

/// The series that are looked at.
struct SeriesOptions: ParsableArguments {
    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("An instrument, as AAPL.US or AAPL; default: all.", valueName: "instrument"))
    var instrument: String?

    /// Asks for a report; throws where nothing is stored.
    func report(_ question: DataQuestion) async throws -> DataReport {
        let report = try await read(question, try shared.manifest(runsCode: false))
        guard !report.series.isEmpty else {
            throw HostError(
                exitCode: 1,
                "data: nothing is stored\(instrument.map { " of '\($0)'" } ?? ""). `penstock data stats` shows what is."
            )
        }
        return report
    }

    private func read(_ question: DataQuestion, _ manifest: Manifest) async throws -> DataReport {
        guard let host = RunningHost.find(manifest) else {
            let state = try StateAtRest(manifest, who: "data")
            do throws(PluginError) {
                return try await state.data(manifest).report(question, of: instrument)
            } catch {
                throw HostError(exitCode: error.exitCode, "data: \(error.message)")
            }
        }
        let name = instrument.map { "&instrument=" + QuarantineSession.escaped($0) } ?? ""
        let answer = try LocalClient.ask(host, "GET", "/api/v2/data?report=\(question.rawValue)\(name)")
        guard answer.status == 200, let report = DataReport.read(answer.body) else {
            throw HostError(
                exitCode: 1,
                "data: the host answered \(answer.status): \(LocalClient.message(answer.body))")
        }
        return report
    }
}

/// `penstock data stats`.
struct DataStats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stats", abstract: "Show how much is stored.")

    @OptionGroup var options: SeriesOptions

    func run() async throws {
        let report = try await options.report(.stats)
        let rows = report.series.map { series in
            [
                series.instrument, series.kind, series.timeframe ?? "-", series.pipeline, "\(series.events)",
                "\(series.revisions)", String(series.first.prefix(10)), String(series.last.prefix(10)),
            ]
        }
        try options.shared.tell(
            report,
            TextTable(
                header: ["INSTRUMENT", "KIND", "SPAN", "PIPELINE", "EVENTS", "REVISIONS", "FIRST", "LAST"], rows: rows,
                isRight: [false, false, false, false, true, true]
            ).text)
    }
}

/// `penstock data gaps`.
struct DataGaps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps",
        abstract: "Show which bars the calendar of the venue has and the store has not, and where other events paused.",
        discussion:
            "Between the first and the last stored event. What counts as a gap says 'gap' of the route, by kind: without it each bar does, "
            + "and no pause of other events. Days that the calendar does not know are no gaps. Nothing is filled in."
    )

    @OptionGroup var options: SeriesOptions

    @Option(name: .long, help: ArgumentHelp("Least bars in a row that are told.", valueName: "count"))
    var tell = 1

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Exit with 1 where so many bars in a row are missing, or other events paused.", valueName: "count"))
    var fail: Int?

    func run() async throws {
        guard tell >= 1, (fail ?? 1) >= 1 else {
            throw ValidationError("'--tell' is \(tell) and '--fail' is \(fail ?? 1); allowed is 1 or more.")
        }
        let report = try await options.report(.gaps)
        try options.shared.tell(report, report.series.map(text).joined())
        let counts = report.series.flatMap { $0.gaps?.gaps ?? [] }.map { $0.count ?? .max }
        if let fail, counts.contains(where: { $0 >= fail }) { throw ExitCode(1) }
    }

    private func text(_ series: DataReport.Series) -> String {
        let who = "\(series.instrument) \(series.timeframe ?? series.kind) (\(series.pipeline)): "
        guard let gaps = series.gaps else {
            return who
                + (series.timeframe == nil
                    ? "its route names no 'gap.\(series.kind)', so no pause counts as one.\n"
                    : "its venue has no calendar, so what is missing is not known.\n")
        }
        return who + (series.timeframe == nil ? pauses(gaps, series) : missing(gaps, series))
    }

    private func pauses(_ gaps: DataReport.Gaps, _ series: DataReport.Series) -> String {
        let longest = Duration.seconds(gaps.beyondSeconds).inWords
        guard !gaps.gaps.isEmpty else { return "never more than \(longest) without one, of \(series.events) stored.\n" }
        let spans = gaps.gaps.map { "  \($0.first) ... \($0.last)  \(Duration.seconds($0.openSeconds ?? 0).inWords)\n" }
        let times = spans.count == 1 ? "once" : "\(spans.count) times"
        return "\(times) more than \(longest) without one while its venue was open, of \(series.events) stored.\n"
            + spans.joined()
    }

    private func missing(_ gaps: DataReport.Gaps, _ series: DataReport.Series) -> String {
        var notes = [gaps.missing == 0 ? "nothing is missing" : "\(gaps.missing) bars are missing"]
        if gaps.unexpected > 0 { notes.append("\(gaps.unexpected) are at times at which none ends") }
        if gaps.notKnown > 0 { notes.append("\(gaps.notKnown) are of days that the calendar does not know") }
        let spans = gaps.gaps.filter { $0.count ?? 0 >= tell }.map { gap in
            let end = gap.count == 1 ? "" : " ... \(gap.last)"
            return "  \(gap.first)\(end)  \(gap.count ?? 0)\n"
        }
        return notes.joined(separator: ", ") + ", of \(series.events) stored.\n" + spans.joined()
    }
}

/// `penstock data verify`.
struct DataVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Judge the stored bars anew, and look at the pages of the file.",
        discussion: "Changes nothing. Exits with 1 where a bar would be refused now, or the file is damaged.")

    @OptionGroup var options: SeriesOptions

    func run() async throws {
        let report = try await options.report(.verify)
        let lines = report.series.map { series -> String in
            let (check, steps) = (series.check, series.check?.steps ?? [])
            let refused = (check?.refused ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", ")
            let head =
                "\(series.instrument) \(series.timeframe ?? "") (\(series.pipeline)): \(series.events) bars, "
                + (refused.isEmpty ? "none would be refused" : "would be refused: \(refused)")
                + ", \(check?.outliers ?? 0) stand out.\n"
            return head + steps.map { "  \($0)\n" }.joined()
        }
        let file = report.damage.map { "\($0)\n" } ?? "The file is sound.\n"
        try options.shared.tell(report, lines.joined() + file)
        if report.damage != nil || report.series.contains(where: { $0.check?.refused.isEmpty == false }) {
            throw ExitCode(1)
        }
    }
}
