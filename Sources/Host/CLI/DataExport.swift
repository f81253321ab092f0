import ArgumentParser
import CivilTime
import HostApp
import HostCore
import HostManifest
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

    @Option(name: .long, help: ArgumentHelp("Span of the bars, as 5m or 1d.", valueName: "timeframe"))
    var timeframe = "1d"

    @Option(name: .long, help: ArgumentHelp("none, qfq, hfq or total_return.", valueName: "kind"))
    var adjust = PriceAdjustment.raw

    @Option(name: .long, help: ArgumentHelp("Last day whose news counts, UTC; default: all.", valueName: "yyyy-mm-dd"))
    var asOf: String?

    @Option(name: [.long, .customShort("o")], help: ArgumentHelp("csv or ndjson.", valueName: "form"))
    var output = Form.csv

    func run() async throws {
        let bars = try await bars(try shared.manifest(runsCode: false))
        guard !bars.isEmpty else {
            throw HostError(
                exitCode: 1,
                "data: no bar of \(instrument) at \(timeframe) is stored\(asOf.map { " as of \($0)" } ?? ""). "
                    + "`penstock data stats` shows what is.")
        }
        var text = output == .csv ? "time,open,high,low,close,volume,source,version\n" : ""
        for bar in bars { text += output == .csv ? Self.csv(bar) : Self.ndjson(bar) }
        Output.write(text)
    }

    private func bars(_ manifest: Manifest) async throws -> [StoredBar] {
        guard let span = Timeframe(timeframe) else {
            throw ValidationError("'--timeframe' is '\(timeframe)'; allowed a count and s, m, h, d, w or mo, as 5m.")
        }
        var known = Int64.max
        if let asOf {
            guard let time = EventTimeText.day(asOf, isEnd: true) else {
                throw ValidationError("'--as-of' is '\(asOf)'; allowed a day as 2024-01-31.")
            }
            known = time
        }
        do {
            let query = EventQuery(instrument: try Instrument(parsing: instrument), timeframe: span, asOf: known)
            return try await StateAtRest(manifest, who: "data").bars(query, adjusted: adjust)
        } catch let error as PluginError {
            throw HostError(exitCode: error.exitCode, "data: \(error.message)")
        }
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

extension PriceAdjustment: ExpressibleByArgument {}
