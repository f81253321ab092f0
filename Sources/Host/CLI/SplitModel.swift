import ArgumentParser
import HostApp
import HostManifest
import PluginKit

/// `penstock models split`.
struct SplitModel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "Let versions share the rows of a model, and show how they compare.",
        discussion: """
            'models split next_day' shows the shares that are in force, with the mean loss of what each version served and the \
            difference to the champion's, with its uncertainty over the instruments or slots that were drawn. \
            'models split next_day 3=0.8 4=0.2 --reason TEXT' begins one: instruments, or slots of time with --slot, are drawn by a \
            digest, so every host and every replay draws the same. The shares add up to 1, the champion's among them. It ends with --end, \
            and where the champion or the stage of one of its versions changes.
            """)

    @OptionGroup var options: VersionOptions

    @Argument(help: ArgumentHelp("A version and its share, as 3=0.8.", valueName: "version=share"))
    var shares: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Draw slots of event time of this length, as 1d or 4h, in place of instruments.", valueName: "span"))
    var slot: String?

    @Option(name: .long, help: ArgumentHelp("Why; it is kept with the change.", valueName: "text"))
    var reason = ""

    @Flag(name: .long, help: "Let the champion serve all rows again.")
    var end = false

    func validate() throws {
        guard !end || shares.isEmpty else { throw ValidationError("'--end' takes no shares. Leave them out.") }
        guard slot.map({ Timeframe($0) != nil }) ?? true else {
            throw ValidationError("'--slot' is \(slot ?? ""); allowed is a count and s, m, h, d, w or mo, as 1d.")
        }
        guard isQuestion || reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("'--reason' is empty; allowed is a text. Say why.")
        }
    }

    private var isQuestion: Bool { shares.isEmpty && !end }

    func run() async throws {
        let session = try options.session()
        let report: SplitReport
        if isQuestion {
            report = try await session.split(of: options.model, in: options.pipeline)
        } else {
            let span = slot.flatMap { Timeframe($0) }
            let wish = try wish(span)
            report = try await session.split(options.model, in: options.pipeline, wish, slot: span)
        }
        try options.shared.tell(report, report.text)
    }

    private func wish(_ span: Timeframe?) throws -> SplitWish {
        do throws(PluginError) {
            return SplitWish(
                shares: try SplitWish.shares(shares, between: "="), slot: span?.nanoseconds ?? 0,
                by: VersionSession.user, reason: reason)
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }
}
