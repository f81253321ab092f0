import ArgumentParser
import HostApp
import HostCore
import HostManifest
import PluginKit

/// Which stored bars of an instrument a verb reads, and how their prices are adjusted.
struct StoredBarsOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Span of the bars, as 5m or 1d.", valueName: "timeframe"))
    var timeframe = "1d"

    @Option(name: .long, help: ArgumentHelp("none, qfq, hfq or total_return.", valueName: "kind"))
    var adjust = PriceAdjustment.raw

    @Option(name: .long, help: ArgumentHelp("Last day whose news counts, UTC; default: all.", valueName: "yyyy-mm-dd"))
    var asOf: String?

    /// Returns the bars of an instrument; throws where none is stored, or the state folder is in use.
    ///
    /// - Parameters:
    ///   - verb: the name of the verb, for messages.
    ///   - range: event times that are wanted; all where there is none.
    func bars(
        of instrument: String, _ manifest: Manifest, verb: String, range: ClosedRange<Int64>? = nil
    ) async throws -> [StoredBar] {
        guard let span = Timeframe(timeframe) else {
            throw ValidationError("'--timeframe' is '\(timeframe)'; allowed a count and s, m, h, d, w or mo, as 5m.")
        }
        let known = try known()
        let bars: [StoredBar]
        do {
            let query = EventQuery(
                instrument: try Instrument(parsing: instrument), timeframe: span, range: range ?? .min ... .max,
                asOf: known)
            let state = try StateAtRest(manifest, who: verb)
            bars = try await state.bars(query, adjusted: adjust)
            if !bars.isEmpty, let doubt = try await state.doubt(of: adjust, query) {
                Output.warning("\(verb): \(doubt)")
            }
        } catch let error as PluginError {
            throw HostError(exitCode: error.exitCode, "\(verb): \(error.message)")
        }
        guard bars.isEmpty else { return bars }
        throw HostError(
            exitCode: 1,
            "\(verb): no bar of \(instrument) at \(timeframe) is stored\(asOf.map { " as of \($0)" } ?? ""). "
                + "`penstock data stats` shows what is.")
    }

    private func known() throws -> Int64 {
        guard let asOf else { return .max }
        guard let time = EventTimeText.day(asOf, isEnd: true) else {
            throw ValidationError("'--as-of' is '\(asOf)'; allowed a day as 2024-01-31.")
        }
        return time
    }
}

extension PriceAdjustment: ExpressibleByArgument {}
