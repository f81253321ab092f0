import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Which file belongs to which instrument.
@Suite struct LocalHistoryFolderTests {
    private static let rows = "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1.5,100\n"

    @Test(arguments: [
        ("AAPL.US.csv", "AAPL"), ("aapl.csv", "AAPL"), ("Aapl.CSV", "AAPL"), ("sh600519.csv", "600519.SH"),
        ("600519.SH.csv", "600519"),
        ("BTC-USDT.BINANCE.csv", "BTC/USDT.BINANCE"), ("0700.HK.csv", "00700.HK"), ("600519.SS.csv", "600519"),
        ("600519.XSHG.csv.gz", "600519"), ("sh.600519.csv", "600519"), ("BRK.B.csv", "BRK.B"),
        ("BRK.B.US.csv", "BRK.B"),
    ])
    func findsTheFileOfAnInstrument(file: String, name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(file, Self.rows)
        #expect(try await allBars(try history(folder.path), [name]).events.count == 1)
    }

    @Test func findsGzipAndTellsItByItsBytes() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv.gz", gzip(Array(Self.rows.utf8)))
        try folder.write("IBM.csv", gzip(Array(Self.rows.utf8)))
        #expect(try await allBars(try history(folder.path), ["AAPL", "IBM"]).events.count == 2)
    }

    @Test func patternNamesFilesInSubfolders() async throws {
        let folder = try TemporaryFolder()
        try folder.write("US/day_AAPL.txt", Self.rows)
        let options: [String: ConfigurationValue] = ["file_pattern": .text("{venue}/day_{code}.txt")]
        #expect(try await allBars(try history(folder.path, options), ["AAPL"]).events.count == 1)
    }

    @Test func missingFileSaysWhatWasLookedForAndWhatIsThere() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows)
        try folder.write("IBM.csv", Self.rows)
        let error = try await refusal(try history(folder.path), ["AALP"])
        #expect(error.code == .notFound)
        #expect(
            error.message
                == "provider/local_history: no file for 'AALP.US' in '\(folder.path)'; looked for AALP.US.csv, "
                + "AALP.csv, USAALP.csv, each also with .gz, as .zip or .parquet. Did you mean 'AAPL.csv'? The folder holds "
                + "AAPL.csv, IBM.csv."
        )
    }

    @Test func oneMissingFileIsADefectAndTheOthersStream() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows)
        let recorder = try await replay(try history(folder.path), ["MSFT", "AAPL"])
        #expect(recorder.bars.map(\.instrument.rawValue) == [1])
        #expect(recorder.defects.map(\.reason) == ["no_file"])
        #expect(recorder.defects[0].instrument == InstrumentID(rawValue: 0))
    }

    @Test func fileThatTwoInstrumentsClaimIsGivenToNone() async throws {
        let folder = try TemporaryFolder()
        try folder.write("000001.csv", Self.rows)
        try folder.write("600519.csv", Self.rows)
        let recorder = try await replay(try history(folder.path), ["000001.SZ", "000001.SH", "600519.SH"])
        #expect(recorder.bars.map(\.instrument.rawValue) == [2])
        #expect(recorder.defects.map(\.reason) == ["ambiguous_file", "ambiguous_file"])
    }

    @Test func instrumentWithTwoSpellingsOfItsFileGetsNone() async throws {
        let folder = try TemporaryFolder()
        try folder.write("600519.SS.csv", Self.rows)
        try folder.write("sh.600519.csv", Self.rows)
        let error = try await refusal(try history(folder.path), ["600519.SH"])
        #expect(error.code == .configuration)
        #expect(error.message.contains("600519.SS.csv, sh.600519.csv"))
        try folder.write("600519.SH.csv", Self.rows)
        #expect(try await allBars(try history(folder.path), ["600519.SH"]).events.count == 1)
    }

    @Test func fiveThousandMissingFilesAreToldWithoutComparingEachWithEach() async throws {
        let folder = try TemporaryFolder()
        for code in 600_000..<600_100 { try folder.write("\(code).SH.csv", Self.rows) }
        let recorder = try await replay(try history(folder.path), (600_050..<605_050).map { "\($0).SH" })
        #expect(recorder.bars.count == 50)
        #expect(recorder.defects.count == 4_950)
        #expect(recorder.defects.count { $0.message.contains("Did you mean") } == 16)
    }

    @Test func rowOfAnotherInstrumentIsADefect() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", "symbol," + Self.rows.split(separator: "\n").joined(separator: "\nMSFT,") + "\n")
        let reply = try await allBars(try history(folder.path), ["AAPL"])
        #expect(reply.defects.map(\.reason) == ["other_instrument"])
        let columns: [String: ConfigurationValue] = ["columns": .map(["symbol": .text("none")])]
        #expect(try await allBars(try history(folder.path, columns), ["AAPL"]).events.count == 1)
    }

    @Test func lostLeadingZerosOfMainlandCodesAreUnderstood() async throws {
        let folder = try TemporaryFolder()
        try folder.write("000001.SZ.csv", "code,date,open,high,low,close,volume\n1,2013-03-01,1,2,0.5,1.5,100\n")
        #expect(try await allBars(try history(folder.path), ["000001.SZ"]).events.count == 1)
    }

    @Test func probeSaysThatThePathIsMissing() async throws {
        let folder = try TemporaryFolder()
        try await history(folder.path).probe()
        let provider = try history("\(folder.path)/none")
        let error = await #expect(throws: PluginError.self) { try await provider.probe() }
        #expect(error?.message.contains("No such file or directory") == true)
    }

    @Test(arguments: [
        ("pace", "fast"), ("session_close", "25:00"), ("date_format", "yyyy"), ("time_zone", "New York"),
        ("delimiter", "ab"),
        ("file_pattern", "{name}.csv"), ("file_pattern", "../{code}.csv"),
    ])
    func refusesOptionBeforeAnythingIsRead(option: String, value: String) {
        let faults = LocalHistory.validate(configuration("/nonexistent", [option: .text(value)]))
        #expect(faults.map(\.option) == [option])
        #expect(faults.first?.message.contains("'\(value)'; allowed") == true)
    }

    @Test func defaultsAreValid() {
        #expect(LocalHistory.validate(configuration("data")).isEmpty)
    }

    @Test func columnsWithoutHeaderAreNumbers() {
        let faults = LocalHistory.validate(
            configuration("data", ["header": .boolean(false), "columns": .map(["time": .text("date")])]))
        #expect(faults.count == 2)
    }

    @Test func unknownZoneIsAConfigurationFault() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows)
        let error = try await refusal(try history(folder.path, ["time_zone": .text("Asia/Shangai")]), ["AAPL"])
        #expect(error.code == .configuration)
    }
}
