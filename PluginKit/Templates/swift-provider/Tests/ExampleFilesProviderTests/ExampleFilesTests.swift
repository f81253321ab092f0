import PluginKit
import Testing

@testable import ExampleFilesProvider

struct ExampleFilesTests {
    @Test func aRowBecomesABar() throws {
        let reply = ExampleFilesMessages.map(
            "1362171600,200.5,202,200,201,3309100\n", of: InstrumentID(rawValue: 2), file: "f")
        let bar = try #require(reply.bars.first)
        #expect(bar.time == 1_362_171_600_000_000_000)
        #expect([bar.open, bar.high, bar.low, bar.close, bar.volume] == [200.5, 202, 200, 201, 3_309_100])
    }

    @Test(arguments: ["", "x,1,2,3,4,5", "1,2,3", "1,1,nan,1,1,1", "9223372036854775807,1,1,1,1,1"])
    func aRowThatCannotBeReadIsADefect(row: String) {
        let reply = ExampleFilesMessages.map("1,1,1,1,1,1\n\(row)\n", of: InstrumentID(rawValue: 2), file: "f")
        #expect(reply.bars.count == 1)
        #expect(reply.defects.count == (row.isEmpty ? 0 : 1))
    }
}
