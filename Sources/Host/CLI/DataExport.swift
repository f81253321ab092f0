import ArgumentParser
import CivilTime
import HostApp
import HostCore
import HostManifest
import ParquetFile
import PluginKit

/// `penstock data export`: stored bars as CSV, NDJSON or Parquet, as they were known at a date, adjusted by what was known then.
struct DataExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write stored bars to standard output, as they were known at a date.",
        discussion: """
            Prices are adjusted by the stored factors: none (as traded), qfq (backwards from the last bar), hfq (forwards from the \
            first), total_return (with what was paid out put back). Where no factor is stored that is said. What became known after --as-of changes nothing. Needs a \
            state folder on which no host runs; of one that runs ask /api/v2/stocks/SYMBOL/historical.
            """)

    /// The form of the output.
    enum Form: String, CaseIterable, ExpressibleByArgument { case csv, ndjson, parquet }

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Instruments, as AAPL.US; one after the other.", valueName: "instrument"))
    var instruments: [String]

    @OptionGroup var stored: StoredBarsOptions

    @Option(name: .long, help: ArgumentHelp("First day, UTC; default: of the first bar.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day, UTC; default: of the last bar.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Option(name: [.long, .customShort("o")], help: ArgumentHelp("csv, ndjson or parquet.", valueName: "form"))
    var output = Form.csv

    func validate() throws {
        guard !instruments.isEmpty else { throw ValidationError("Name an instrument, as AAPL.US.") }
    }

    func run() async throws {
        let manifest = try shared.manifest(runsCode: false)
        let (first, last) = (try day(from, "--from", isEnd: false) ?? .min, try day(to, "--to", isEnd: true) ?? .max)
        guard first <= last else {
            throw ValidationError(
                "'--from' is \(from ?? ""), after '--to' \(to ?? ""); allowed is that day or one before it.")
        }
        guard output != .parquet else { return try await writeTable(manifest, first...last) }
        if output == .csv {
            Output.write("time,open,high,low,close,volume,source,version,amount,flags,instrument\n")
        }
        for instrument in instruments {
            let bars = try await stored.bars(of: instrument, manifest, verb: "data export", range: first...last)
            let name = try Instrument(parsing: instrument).description
            Output.write(bars.map { output == .csv ? Self.csv($0, name) : Self.ndjson($0, name) }.joined())
        }
    }

    /// One table of all instruments, in the order given.
    private func writeTable(_ manifest: Manifest, _ range: ClosedRange<Int64>) async throws {
        guard !Output.isTerminal else {
            throw ValidationError("'--output parquet' is no text: send standard output to a file, as > bars.parquet.")
        }
        var rows: [(name: String, stored: StoredBar)] = []
        for instrument in instruments {
            let name = try Instrument(parsing: instrument).description
            rows += try await stored.bars(of: instrument, manifest, verb: "data export", range: range).map {
                (name: name, stored: $0)
            }
        }
        do throws(ParquetFault) { Output.write(try Self.table(rows).file()) } catch {
            throw HostError(exitCode: 1, "data export: no table was made: \(error.reason). Export fewer bars.")
        }
    }

    private static func table(_ rows: [(name: String, stored: StoredBar)]) -> ParquetTable {
        let numbers = { (name: String, get: (Bar) -> Double) in
            ParquetTable.Column(name, .numbers(rows.map { get($0.stored.bar) }))
        }
        return ParquetTable([
            .init("time", .times(rows.map(\.stored.bar.time))), numbers("open", \.open), numbers("high", \.high),
            numbers("low", \.low), numbers("close", \.close), numbers("volume", \.volume),
            .init("source", .texts(rows.map(\.stored.source))),
            .init("version", .integers(rows.map { Int64($0.stored.version) })), numbers("amount", \.amount),
            .init("flags", .texts(rows.map { $0.stored.bar.flags.names.joined(separator: " ") })),
            .init("instrument", .texts(rows.map(\.name))),
        ])
    }

    private func day(_ text: String?, _ name: String, isEnd: Bool) throws -> Int64? {
        guard let text else { return nil }
        guard let time = EventTimeText.day(text, isEnd: isEnd) else {
            throw ValidationError("'\(name)' is '\(text)'; allowed a day as 2024-01-31.")
        }
        return time
    }

    /// The amount is empty where the source gives none; flags stand beside each other with a space between.
    private static func csv(_ stored: StoredBar, _ name: String) -> String {
        let bar = stored.bar
        return
            "\(ISO8601.format(bar.time)),\(bar.open),\(bar.high),\(bar.low),\(bar.close),\(bar.volume),\(stored.source),"
            + "\(stored.version),\(bar.amount.isFinite ? "\(bar.amount)" : ""),\(bar.flags.names.joined(separator: " ")),"
            + "\(name)\n"
    }

    private static func ndjson(_ stored: StoredBar, _ name: String) -> String {
        let bar = stored.bar
        let flags = bar.flags.names.map { "\"\($0)\"" }.joined(separator: ",")
        return
            #"{"instrument":"\#(name)","time":"\#(ISO8601.format(bar.time))","open":\#(bar.open),"high":\#(bar.high),"#
            + #""low":\#(bar.low),"close":\#(bar.close),"volume":\#(bar.volume),"#
            + (bar.amount.isFinite ? #""amount":\#(bar.amount),"# : "")
            + #""flags":[\#(flags)],"source":"\#(stored.source)","version":\#(stored.version)}"# + "\n"
    }
}
