import PluginKit
import Testing

@testable import TokyoProvider

struct TokyoTests {
    private let messages = TokyoMessages(file: "7203.csv", instance: "provider/tokyo")

    @Test(arguments: [
        ("1970-01-01", 21_600), ("2024-11-04", 1_730_700_000), ("2024-11-05", 1_730_788_200),
        ("2024-02-29", 1_709_186_400),
    ])
    func aDayEndsWithItsSession(day: String, seconds: Int64) {
        #expect(TokyoSession.end(ofDay: day) == seconds * 1_000_000_000)
    }

    @Test(arguments: ["", "2024-02-30", "2023-02-29", "2024-13-01", "24-01-01", "2024/01/01", "2024-1-1", "١٩٧٠-01-01"])
    func whatIsNoDateIsRefused(text: String) { #expect(TokyoSession.end(ofDay: text) == nil) }

    @Test func columnsAreFoundByName() throws {
        let rows = try messages.decode(Array("volume,close,low,high,open,date\n5,4,1,9,2,2024-11-05\r\n".utf8))
        let bar = try #require(messages.map(rows, of: InstrumentID(rawValue: 3)).events.first)
        #expect([bar.open, bar.high, bar.low, bar.close, bar.volume] == [2, 9, 1, 4, 5])
    }

    @Test(arguments: ["2024-11-05,1,2", "2024-11-05,1,2,3,x,5", "nonsense", "2024-11-05,1,2,3,nan,5"])
    func aRowThatCannotBeReadIsADefect(row: String) throws {
        let reply = messages.map(
            try messages.decode(Array("date,open,high,low,close,volume\n\(row)\n".utf8)), of: InstrumentID(rawValue: 0))
        #expect(reply.bars.isEmpty)
        #expect(reply.defects.first?.place == "7203.csv:2")
    }

    @Test func aHeaderWithoutAColumnIsRefused() {
        let error = #expect(throws: PluginError.self) { try messages.decode(Array("date,open\n".utf8)) }
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("no column 'high'") == true)
    }
}
