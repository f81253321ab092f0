import CivilTime
import Foundation
import Testing
import TradingCalendars

/// The calendars day by day against what they were made from, which `make calendars` installs in `.venv-calendars`, and the
/// mainland's against another package that keeps a list of its own.
@Suite struct CalendarSourceTests {
    /// Every day of every calendar: name, day, status, then open, start and end of the break, close in Unix seconds.
    @Test(.enabled(if: CalendarSource.isInstalled, "make calendars installs exchange_calendars"))
    func everyDayIsAsInTheSource() throws {
        let book = try CalendarBook()
        var calendars: [String: TradingCalendar] = [:]
        var counts: [String: Int64] = [:]
        for line in try CalendarSource.days().split(separator: "\n") {
            let words = line.split(separator: " ")
            let name = String(words[0])
            let calendar = try calendars[name] ?? book.calendar(named: name)
            calendars[name] = calendar
            counts[name, default: 0] += 1
            let found = Self.text(calendar, on: date(String(words[1])))
            if found != words.dropFirst(2).joined(separator: " ") { Issue.record("\(line); here \(found)") }
        }
        #expect(counts.keys.sorted() == ["XHKG", "XLON", "XNYS", "XSHG", "XTKS"])
        for (name, calendar) in calendars {
            let days = calendar.knownDays
            #expect(counts[name] == days.upperBound - days.lowerBound + 1, "\(name)")
        }
    }

    @Test(.enabled(if: CalendarSource.hasMainlandList, "make calendars fetches calendar.json of akshare"))
    func mainlandDaysAreThoseOfTheSecondSource() throws {
        let calendar = try CalendarBook().calendar(named: "XSHG")
        let days = calendar.knownDays.map { CivilDate(daysSinceEpoch: $0) }
        let trading = days.filter { calendar.status(of: $0) == .trading }.map(Self.digits)
        #expect(try trading == CalendarSource.mainlandDays())
    }

    /// Without the source: how many sessions and half days there are, and a checksum over all of their instants.
    @Test(
        arguments: [
            ("XSHG", 8_797, 0, 0xf7bc_732f_865e_4c55), ("XHKG", 9_376, 67, 0xb64a_8fa1_0a3e_87ed),
            ("XNYS", 9_569, 80, 0x6706_86f6_4aac_dfad), ("XTKS", 7_593, 0, 0xdc51_abb7_b305_834d),
            ("XLON", 9_604, 75, 0x8ec4_599d_42a7_7f85),
        ] as [(String, Int, Int, UInt64)])
    func holdsWhatWasCheckedAgainstTheSource(name: String, sessions: Int, halfDays: Int, digest: UInt64) throws {
        let calendar = try CalendarBook().calendar(named: name)
        let found = calendar.knownDays.compactMap { calendar.session(on: CivilDate(daysSinceEpoch: $0)) }
        #expect(found.count == sessions)
        #expect(found.filter(\.isHalfDay).count == halfDays)
        // FNV-1a over seconds.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for session in found {
            let pause = session.pause ?? 0..<0
            for instant in [session.open, pause.lowerBound, pause.upperBound, session.close] {
                hash = (hash ^ UInt64(instant / 1_000_000_000)) &* 0x100_0000_01b3
            }
        }
        #expect(hash == digest)
    }

    private static func text(_ calendar: TradingCalendar, on day: CivilDate) -> String {
        let status = calendar.status(of: day).rawValue
        guard let session = calendar.session(on: day) else { return status }
        let instants = [session.open, session.pause?.lowerBound, session.pause?.upperBound, session.close]
        let seconds = instants.map { $0.map { "\($0 / 1_000_000_000)" } ?? "-" }
        return ([status] + seconds).joined(separator: " ")
    }

    private static func digits(_ day: CivilDate) -> String { "\(day.year * 10_000 + day.month * 100 + day.day)" }
}

/// The packages that `make calendars` puts into a folder of the repository.
private enum CalendarSource {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")
    private static let python = "\(root)/.venv-calendars/bin/python"
    private static let list = "\(root)/.venv-calendars/akshare-calendar.json"

    static var isInstalled: Bool {
        let packages = FileManager.default.enumerator(atPath: "\(root)/.venv-calendars/lib")
        return packages?.contains { ($0 as? String)?.hasSuffix("/exchange_calendars/__init__.py") ?? false } ?? false
    }

    static var hasMainlandList: Bool { FileManager.default.fileExists(atPath: list) }

    static func days() throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["\(root)/scripts/make-calendars.py", "--days"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func mainlandDays() throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(filePath: list)))
    }
}
