import ArgumentParser
import HostApp
import HostCore
import HostManifest
import HostTraining

/// The model, its pipeline, and where versions of it are asked for.
struct VersionOptions: ParsableArguments {
    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("The model's id in the manifest.", valueName: "model"), completion: Completions.models)
    var model: String

    @Option(
        name: .long,
        help: ArgumentHelp("The pipeline; may be left out where one alone has the model.", valueName: "id"))
    var pipeline: String?

    func session() throws -> VersionSession { VersionSession(try shared.manifest(runsCode: false)) }

    /// Every version of the model, with the history.
    func all(_ session: VersionSession) async throws -> VersionReport {
        try await session.answer(.show(model: model, pipeline: pipeline, numbers: []))
    }

    /// The version that serves as far as this command knows, 0 for none.
    func champion(_ session: VersionSession) async throws -> Int {
        try await all(session).versions.first { $0.stage == ModelStage.champion.rawValue }?.version ?? 0
    }

    /// Tells what became of an order.
    func tell(_ report: VersionReport) throws {
        let lines = report.versions.map {
            "model/\($0.model): version \($0.version) in pipeline/\($0.pipeline) is \($0.stage).\n"
        }
        try shared.tell(report, lines.joined())
    }
}

/// Why a version is to have another stage.
struct VersionReason: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Why; it is kept with the change.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("'--reason' is empty; allowed is a text. Say why.")
        }
    }
}

/// `penstock models show`.
struct ShowModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show which version of a model was used for what and when, or one version's card.")

    @OptionGroup var options: VersionOptions

    @Argument(help: ArgumentHelp("A version, for its card.", valueName: "version"))
    var version: Int?

    @Option(
        name: .long, help: ArgumentHelp("Write the card as a page that opens without a network.", valueName: "file"),
        completion: .file())
    var html: String?

    func validate() throws {
        guard html == nil || version != nil else {
            throw ValidationError("'--html' writes the card of a version. Name one.")
        }
    }

    func run() async throws {
        let session = try options.session()
        if let version {
            let bytes = try await session.card(options.model, options.pipeline, version)
            if let html, let card = ModelCard(json: bytes) {
                let stage = try await options.all(session).versions.first { $0.version == version }?.stage
                return try ModelPages.write(CardPage(card, version: version, stage: stage).html, to: html)
            }
            guard !options.shared.json, let card = ModelCard(json: bytes) else {
                return Output.write(String(decoding: bytes, as: UTF8.self) + "\n")
            }
            return Output.write(CardTables(card).text)
        }
        let report = try await options.all(session)
        try options.shared.tell(report, report.table + "\n" + report.changes)
    }
}

/// `penstock models compare`.
struct CompareModels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show versions of a model side by side.")

    @OptionGroup var options: VersionOptions

    @Argument(help: ArgumentHelp("Versions.", valueName: "version"))
    var versions: [Int]

    func run() async throws {
        let report = try await options.session().answer(
            .show(model: options.model, pipeline: options.pipeline, numbers: versions))
        try options.shared.tell(report, report.comparison)
    }
}

/// `penstock models promote`.
struct PromoteModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Let a version of a model serve, or shadow what serves.",
        discussion: """
            Takes effect at once in the host that runs, in one exchange; where none runs, at the next start. Refused for a version \
            that failed the leakage gate, was fitted as something else than the manifest says, or of which a byte has changed; and \
            where somebody else promoted one meanwhile. After that new fits are candidates, until the manifest's 'promotion' or a \
            hand promotes one.
            """)

    @OptionGroup var options: VersionOptions
    @OptionGroup var why: VersionReason

    @Argument(help: ArgumentHelp("The version.", valueName: "version"))
    var version: Int

    @Option(name: .long, help: ArgumentHelp("champion, shadow or candidate.", valueName: "stage"))
    var `as` = ModelStage.champion

    func run() async throws {
        guard self.as != .retired else { throw ValidationError("'--as' is retired. Use `penstock models retire`.") }
        let session = try options.session()
        try options.tell(
            try await session.answer(
                .move(
                    model: options.model, pipeline: options.pipeline, version, to: self.as,
                    champion: try await options.champion(session), by: VersionSession.user, reason: why.reason)))
    }
}

/// `penstock models rollback`.
struct RollbackModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Let the version of a model serve again that served before.")

    @OptionGroup var options: VersionOptions
    @OptionGroup var why: VersionReason

    @Option(
        name: .long,
        help: ArgumentHelp("A version that served once; the one before where absent.", valueName: "version"))
    var to: Int?

    func run() async throws {
        let session = try options.session()
        try options.tell(
            try await session.answer(
                .rollback(
                    model: options.model, pipeline: options.pipeline, to: to,
                    champion: try await options.champion(session), by: VersionSession.user, reason: why.reason)))
    }
}

/// `penstock models retire`.
struct RetireModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Put a version of a model out of use for good; its card stays.")

    @OptionGroup var options: VersionOptions
    @OptionGroup var why: VersionReason

    @Argument(help: ArgumentHelp("The version.", valueName: "version"))
    var version: Int

    func run() async throws {
        let session = try options.session()
        try options.tell(
            try await session.answer(
                .move(
                    model: options.model, pipeline: options.pipeline, version, to: .retired,
                    champion: try await options.champion(session), by: VersionSession.user, reason: why.reason)))
    }
}

extension ModelStage: ExpressibleByArgument {
    /// Those that `--as` takes: a version is retired by a command of its own.
    static var allValueStrings: [String] { allCases.filter { $0 != .retired }.map(\.rawValue) }
}

extension VersionReport {
    /// A line a version.
    var table: String {
        let header = [
            "MODEL", "PIPELINE", "VERSION", "STAGE", "LEAKAGE", "ROWS", "RANK IC", "IC", "R2", "DIRECTION",
            "FITTED (UTC)", "CODE",
        ]
        let isRight = [false, false, true, false, false, true, true, true, true, true, false, false]
        let rows = versions.map { row in
            [row.model, row.pipeline, "\(row.version)", row.stage, row.leakage ?? "-", "\(row.rows)"]
                + [row.rankIC, row.ic, row.r2, row.directionalAccuracy].map { ResultTable.fixed($0, 4) }
                + [String(row.madeAt.prefix(19)), row.code]
        }
        return TextTable(header: header, rows: rows, isRight: isRight).text
    }

    /// A line a change of a stage.
    var changes: String {
        let rows = (history ?? []).map {
            [String($0.at.prefix(19)), "\($0.version)", $0.from ?? "new", $0.to, $0.by, $0.reason]
        }
        let header = ["TIME (UTC)", "VERSION", "FROM", "TO", "BY", "REASON"]
        return TextTable(header: header, rows: rows, isRight: [false, true]).text
    }

    /// A column a version.
    var comparison: String {
        func line(_ name: String, _ value: (Row) -> String) -> [String] { [name] + versions.map(value) }
        func number(_ name: String, _ value: @escaping (Row) -> Double?) -> [String] {
            line(name) { ResultTable.fixed(value($0), 4) }
        }
        let rows = [
            line("stage") { $0.stage }, line("leakage") { $0.leakage ?? "-" },
            line("parent") { $0.parent.map { "\($0)" } ?? "-" },
            line("rows") { "\($0.rows)" }, number("rank IC") { $0.rankIC }, number("IC") { $0.ic },
            number("R2") { $0.r2 }, number("direction") { $0.directionalAccuracy },
            line("fitted") { String($0.madeAt.prefix(19)) }, line("code") { $0.code },
            line("configuration") { String($0.configurationDigest.prefix(12)) },
            line("data") { String($0.dataDigest.prefix(12)) }, line("bytes") { "\($0.bytes)" },
        ]
        return TextTable(header: ["VERSION"] + versions.map { "\($0.version)" }, rows: rows).text
    }
}
