import Glibc
import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// One file with all instruments.
@Suite struct LocalHistorySingleFileTests {
    private static let header = "symbol,date,open,high,low,close,volume\n"

    private static func rows(_ name: String, _ days: ClosedRange<Int>) -> [String] {
        days.map { "\(name),2013-03-0\($0),1,2,0.5,1.\($0),100\n" }
    }

    private static let grouped = header + (rows("MSFT", 1...4) + rows("AAPL", 2...5) + rows("IBM", 1...2)).joined()
    private static let byDay =
        header + (1...4).flatMap { day in ["MSFT", "AAPL", "IBM"].flatMap { rows($0, day...day) } }.joined()

    @Test(arguments: [false, true])
    func groupedRowsComeInOrderOfEventTime(isPacked: Bool) async throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.grouped.utf8)
        let path = try folder.write("all.csv", isPacked ? gzip(bytes) : bytes)
        let recorder = try await replay(try history(path), ["AAPL", "MSFT"])
        #expect(recorder.bars.map(\.close) == [1.1, 1.2, 1.2, 1.3, 1.3, 1.4, 1.4, 1.5])
        #expect(recorder.bars.map(\.instrument.rawValue) == [1, 0, 1, 0, 1, 0, 1, 0])
        #expect(recorder.defects.isEmpty)
    }

    /// For a store that is filled: the rows of an instrument together, from one pass over the file; and on from any position.
    @Test func groupedRowsComeAsTheyStandWhereThatIsAsked() async throws {
        let folder = try TemporaryFolder()
        let provider = try history(
            try folder.write("all.csv", Self.grouped), ["order": .text("file"), "batch": .integer(1)])
        let whole = try await replay(provider, ["AAPL", "MSFT"])
        #expect(whole.bars.map(\.instrument.rawValue) == [1, 1, 1, 1, 0, 0, 0, 0])
        #expect(whole.bars.map(\.close) == [1.1, 1.2, 1.3, 1.4, 1.2, 1.3, 1.4, 1.5])
        for (index, delivery) in whole.deliveries.enumerated() {
            let rest = try await replay(provider, ["AAPL", "MSFT"], after: delivery.position)
            #expect(shown(rest.bars) == shown(whole.bars.dropFirst(index + 1)))
        }
    }

    @Test func filesComeOneAfterTheOtherWhereThatIsAsked() async throws {
        let folder = try TemporaryFolder()
        for name in ["AAPL", "IBM"] {
            _ = try folder.write("\(name).csv", Self.header + Self.rows(name, 1...3).joined())
        }
        let recorder = try await replay(try history(folder.path, ["order": .text("file")]), ["IBM", "AAPL"])
        #expect(recorder.bars.map(\.instrument.rawValue) == [0, 0, 0, 1, 1, 1])
    }

    /// A position names the file that was read to its end; the very same one is not opened again, another one is.
    @Test(arguments: [["AAPL", "MSFT", "IBM"], ["AAPL"]])
    func aFileThatWasReadToItsEndIsNotReadAgain(names: [String]) async throws {
        let folder = try TemporaryFolder()
        func write(_ text: String) throws -> LocalHistory {
            let path = try folder.write("all.csv", text)
            let longAgo = timespec(tv_sec: 1_000_000_000, tv_nsec: 0)
            #expect(utimensat(AT_FDCWD, path, [longAgo, longAgo], 0) == 0)
            return try history(path)
        }
        func stamps(_ position: StreamPosition?) -> Set<Substring> {
            let words = position?.text.split(separator: " ").dropFirst(2) ?? []
            return Set(words.compactMap { $0.split(separator: ":")[0].split(separator: "~").dropFirst().first })
        }
        let first = try await replay(try write(Self.grouped), names).deliveries.last?.position
        let grown = try write(Self.grouped + Self.rows("AAPL", 6...7).joined())
        let second = try await replay(grown, names).deliveries.last?.position
        #expect(stamps(first).count == 1 && stamps(second).count == 1 && stamps(first) != stamps(second))
        let position = try #require(first)
        #expect(try await replay(grown, names, after: position).bars.map(\.close) == [1.6, 1.7])
        // As if the file had been like that when it was read.
        let (old, new) = try (#require(stamps(first).first), #require(stamps(second).first))
        let text = String(
            position.text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new))
        #expect(try await replay(grown, names, after: StreamPosition(text)).deliveries.isEmpty)
    }

    @Test func rowsByDayComeInTheirOrder() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("all.csv", Self.byDay)
        let recorder = try await replay(try history(path), ["AAPL", "MSFT"])
        #expect(recorder.bars.map(\.instrument.rawValue) == [1, 0, 1, 0, 1, 0, 1, 0])
        #expect(recorder.defects.isEmpty)
    }

    @Test(arguments: [grouped, byDay])
    func everyResumePositionGivesExactlyTheRest(text: String) async throws {
        let folder = try TemporaryFolder()
        let provider = try history(try folder.write("all.csv", text), ["batch": .integer(1)])
        let names = ["AAPL", "MSFT", "IBM"]
        let whole = try await replay(provider, names)
        for (index, delivery) in whole.deliveries.enumerated() {
            let rest = try await replay(provider, names, after: delivery.position)
            #expect(shown(rest.bars) == shown(whole.bars.dropFirst(index + 1)))
        }
    }

    @Test(arguments: [grouped, byDay])
    func instrumentWithoutRowsIsADefect(text: String) async throws {
        let folder = try TemporaryFolder()
        let provider = try history(try folder.write("all.csv", text))
        let recorder = try await replay(provider, ["AALP", "MSFT", "IBM"])
        #expect(recorder.defects.map(\.reason) == ["no_rows"])
        #expect(recorder.defects[0].message.contains("'all.csv' has no rows of 'AALP.US'. Did you mean 'AAPL'?"))
        #expect(recorder.bars.count == (text == Self.grouped ? 6 : 8))
    }

    @Test(arguments: [
        ("BRK.B", "BRK.B.US"), ("BT.A", "BT.A.LSE"), ("XYZ.PR", "XYZ.PR.US"), ("00700", "00700.HK"),
        ("700", "00700.HK"),
        ("BTC/USDT", "BTC/USDT.BINANCE"), ("brk.b", "BRK.B.US"),
    ])
    func codeInTheSymbolColumnIsTheInstrumentAskedFor(text: String, name: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "all.csv", Self.header + Self.rows(text, 1...2).joined() + Self.rows("AAPL", 1...1)[0])
        let recorder = try await replay(try history(path), [name, "AAPL"])
        #expect(recorder.bars.count == 3)
        #expect(recorder.defects.isEmpty)
    }

    @Test func noRowsAtAllIsNotFound() async throws {
        let folder = try TemporaryFolder()
        let provider = try history(try folder.write("all.csv", Self.grouped))
        #expect(try await refusal(provider, ["TSLA"]).code == .notFound)
        #expect(try await refusal(provider, ["TSLA", "F"]).code == .notFound)
    }

    @Test func fileWithoutSymbolsServesOneInstrumentOnly() async throws {
        let folder = try TemporaryFolder()
        let provider = try history(
            try folder.write("spy.csv", "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1.5,100\n"))
        #expect(try await replay(provider, ["SPY"]).bars.count == 1)
        let error = try await refusal(provider, ["SPY", "AAPL"])
        #expect(error.message.contains("columns.symbol"))
    }

    @Test func badRowsBetweenGroupsAreReportedOnce() async throws {
        let folder = try TemporaryFolder()
        let text =
            Self.header + "x,y\n" + Self.rows("MSFT", 1...2).joined() + "broken\n" + Self.rows("AAPL", 1...2).joined()
            + "??,2013-03-01,1,2,0.5,1,1\n"
        let recorder = try await replay(try history(try folder.write("all.csv", text)), ["AAPL", "MSFT"])
        #expect(recorder.bars.count == 4)
        #expect(recorder.defects.map(\.place).sorted() == ["all.csv:2", "all.csv:5", "all.csv:8"])
    }
}
