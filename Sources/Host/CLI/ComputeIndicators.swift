import ArgumentParser
import Builtin
import HostApp
import HostCore
import PluginKit

/// `penstock indicators compute`.
struct ComputeIndicators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compute", abstract: "Compute indicators and formulas over a file of bars, or stored ones.",
        discussion: """
            A file has a line a bar, and is read as provider/local_history reads it: by the names of its columns, those of known \
            programs included; without a header they are time, open, high, low, close, volume. Stored bars need a state folder on which no
            host runs; of one that runs ask /api/v2/stocks/SYMBOL/indicators. A formula is what `expr` takes in the manifest:
            penstock indicators compute 'rsi(14)' 'z = (close - sma(20)) / stddev(20)' macd --instrument AAPL.US --plot aapl.svg
            """)

    enum Form: String, ExpressibleByArgument, CaseIterable { case csv, ndjson }

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("Names of indicators, with their defaults, or formulas.", valueName: "formula"),
        completion: Completions.indicators)
    var formulas: [String]

    @Option(name: .long, help: ArgumentHelp("A file of bars of one instrument.", valueName: "csv"), completion: .file())
    var file: String?

    @Option(
        name: .long, help: ArgumentHelp("An instrument whose bars are stored, as AAPL.US.", valueName: "instrument"))
    var instrument: String?

    @OptionGroup var stored: StoredBarsOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Form of the result: csv or ndjson.", valueName: "form"))
    var output = Form.csv

    @Option(
        name: .long, help: ArgumentHelp("Draws into this .svg or .png instead (gnuplot).", valueName: "file"),
        completion: .file(extensions: ["svg", "png"]))
    var plot: String?

    func validate() throws {
        guard (file == nil) != (instrument == nil) else {
            throw ValidationError("Give either '--file' with bars or '--instrument' for stored ones.")
        }
    }

    func run() async throws {
        let bars = try await bars()
        do {
            let table = try ComputedTable(formulas, over: bars, plugins: shared.availablePlugins().all)
            guard let plot else { return Output.write(output == .csv ? table.csv : table.ndjson) }
            try LinePlot(table, bars, title: instrument ?? file ?? "").write(to: plot)
        } catch let fault as PluginError {
            throw HostError(exitCode: 2, "indicators compute: \(fault.message)")
        } catch { throw HostError(exitCode: 2, "indicators compute: \(error)") }
    }

    private func bars() async throws -> [Bar] {
        if let instrument {
            let manifest = try shared.manifest(runsCode: false)
            return try await stored.bars(of: instrument, manifest, verb: "indicators compute").map(\.bar)
        }
        do throws(PluginError) {
            let (bars, remarks) = try await Builtin.bars(of: file ?? "")
            for remark in remarks { Output.warning("indicators compute: \(remark)") }
            return bars
        } catch { throw HostError(exitCode: 2, "indicators compute: \(error.message)") }
    }
}
