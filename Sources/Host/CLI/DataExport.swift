import ArgumentParser
import CivilTime
import HostApp
import HostCore
import PluginKit

/// `penstock data export`: stored bars as CSV or NDJSON, as they were known at a date, adjusted by what was known then.
struct DataExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write stored bars to standard output, as they were known at a date.",
        discussion: """
            Prices are adjusted by the stored factors: none (as traded), qfq (backwards from the last bar), hfq (forwards from the \
            first), total_return (with what was paid out put back). What became known after --as-of changes nothing. Needs a \
            state folder on which no host runs; of one that runs ask /api/v2/stocks/SYMBOL/historical.
            """)

    /// The form of the output.
    enum Form: String, CaseIterable, ExpressibleByArgument { case csv, ndjson }

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("An instrument, as AAPL.US.", valueName: "instrument"))
    var instrument: String

    @OptionGroup var stored: StoredBarsOptions

    @Option(name: [.long, .customShort("o")], help: ArgumentHelp("csv or ndjson.", valueName: "form"))
    var output = Form.csv

    func run() async throws {
        let manifest = try shared.manifest(runsCode: false)
        let bars = try await stored.bars(of: instrument, manifest, verb: "data")
        var text = output == .csv ? "time,open,high,low,close,volume,source,version\n" : ""
        for bar in bars { text += output == .csv ? Self.csv(bar) : Self.ndjson(bar) }
        Output.write(text)
    }

    private static func csv(_ stored: StoredBar) -> String {
        let bar = stored.bar
        return
            "\(ISO8601.format(bar.time)),\(bar.open),\(bar.high),\(bar.low),\(bar.close),\(bar.volume),\(stored.source),"
            + "\(stored.version)\n"
    }

    private static func ndjson(_ stored: StoredBar) -> String {
        let bar = stored.bar
        return #"{"time":"\#(ISO8601.format(bar.time))","open":\#(bar.open),"high":\#(bar.high),"low":\#(bar.low),"#
            + #""close":\#(bar.close),"volume":\#(bar.volume),"source":"\#(stored.source)","version":\#(stored.version)}"#
            + "\n"
    }
}
