import ArgumentParser
import CivilTime
import HostApp
import TradingCalendars

/// `penstock calendar`: the sessions of a venue.
struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar", abstract: "Print the trading days and hours of a venue, in UTC.",
        discussion:
            "What the venue has not published yet is 'not known'. Without --from and --to: two weeks from today on.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("A calendar (XNYS, XSHG, 24/7) or a venue (US, SH, BINANCE).", valueName: "name"))
    var name: String

    @Option(name: .long, help: ArgumentHelp("First day at the venue.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day at the venue.", valueName: "yyyy-mm-dd"))
    var to: String?

    /// Days printed where none are asked for.
    private static let usualDays: Int64 = 14

    func run() throws {
        let calendar = try calendar()
        let asked = (first: try day(from, "--from"), last: try day(to, "--to"))
        let first =
            asked.first ?? asked.last.map { $0 - Self.usualDays + 1 }
            ?? calendar.day(at: WallClock.now()).daysSinceEpoch
        let last = asked.last ?? first + Self.usualDays - 1
        guard first <= last else {
            throw ValidationError(
                "'--from' is \(from ?? ""), after '--to' \(to ?? ""); allowed is that day or one before it.")
        }
        let report = CalendarReport(calendar, days: first...last)
        try shared.tell(report, report.text)
    }

    private func calendar() throws -> TradingCalendar {
        do throws(CalendarError) {
            return try CalendarBook().calendar(named: name)
        } catch {
            throw HostError(exitCode: error.code == .unknownCalendar ? 2 : 3, "calendar: \(error.description)")
        }
    }

    private func day(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        guard let day = ISO8601.date(text) else {
            throw ValidationError("'\(text)' is no day for '\(option)'; allowed YYYY-MM-DD, as 2012-05-31.")
        }
        return day.daysSinceEpoch
    }
}
