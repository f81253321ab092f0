import HostApp
import HostCore
import PluginKit
import Testing

/// What a run shows, in windows of several sizes.
@Suite struct ResultTableTests {
    /// 26 instruments, the last but one with a warning flag, and one model that serves and one that failed.
    private static func table(pipelines: [String] = ["main"]) -> ResultTable {
        let instruments = InstrumentTable()
        let latest = LatestValues()
        let models = ModelBoard()
        for pipeline in pipelines {
            for number in 0..<26 {
                let id = instruments.intern(Instrument(code: "\(600_000 + number)", venue: "SH"))
                let flags: EventFlags = number == 24 ? [.adjusted, .afterRejected] : [.adjusted]
                let bar = Bar(
                    time: 1_664_434_800_000_000_000, open: 1_872.5, high: 1_900, low: 1_850, close: 1_872.5,
                    volume: 100, instrument: id, flags: flags)
                latest.update(bars: [bar], pipeline: pipeline, source: "history", timeframe: Timeframe(1, .day))
                let row = Prediction(
                    time: bar.time, value: -0.001029, price: bar.close, instrument: id, flags: flags)
                latest.update(
                    predictions: PredictionBatch(
                        model: "next_day_linear", target: "return over 1 bar",
                        outputs: [OutputColumn("value", unit: "", "")], rows: [row], values: [row.value]),
                    pipeline: pipeline, timeframe: Timeframe(1, .day))
            }
            for (model, state) in [("next_day_linear", "serving"), ("broken", "failed")] {
                models.set(
                    .init(
                        model: model, pipeline: pipeline, plugin: "model/ridge", state: state,
                        message: state == "failed" ? "provider/history gives no data, and says so at some length." : "")
                )
            }
        }
        return ResultTable(
            HostView(
                instruments: instruments, latest: latest, bars: NoBars(), board: InstanceBoard(now: { 0 }),
                models: models, plugins: [], counters: { [] }, version: "0", startedAt: 0))
    }

    private struct NoBars: EventStore {
        func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }
        func events<Event: MarketEvent>(
            _ type: Event.Type, _ query: EventQuery
        ) async throws(PluginError) -> [StoredEvent<Event>] { [] }
    }

    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test(arguments: [60, 80, 100, 120, 200]) func fitsAndCutsNoNumber(columns: Int) {
        let text = Self.table().text(in: TableWindow(columns: columns, lines: nil, hasColor: false))
        #expect(lines(text).allSatisfy { $0.count <= columns })
        #expect(text.components(of: "-0.001029") == 26)
        #expect(text.components(of: "after_rejected,adjusted") == 2)
        #expect(text.contains("left out for want of width") == (columns < 200))
    }

    @Test func aPipeHasEveryColumnAndNoColour() {
        let text = Self.table().text()
        for column in ["LAST EVENT (UTC)", "R2 (naive)", "DIRECTION (naive)", "FLAGS"] {
            #expect(text.contains(column))
        }
        #expect(!text.contains("\u{1B}"))
        #expect(!text.contains("PIPELINE"))
    }

    @Test(arguments: [12, 20, 30]) func aLowWindowKeepsWarningsAndModels(rows: Int) {
        let text = Self.table().text(in: TableWindow(columns: 80, lines: rows, hasColor: false))
        #expect(lines(text).count <= rows)
        #expect(text.contains("after_rejected"))
        #expect(text.contains("more rows"))
        #expect(lines(text).last?.contains("next_day_linear (model/ridge)") == true)
        #expect(text.contains("broken (model/ridge): failed: provider/history gives no data"))
    }

    @Test func coloursWarningsAndFaultsOnly() {
        let text = Self.table().text(in: TableWindow(columns: 120, lines: nil, hasColor: true))
        #expect(lines(text).filter { $0.hasPrefix("\u{1B}[33m600024.SH") }.count == 2)
        #expect(lines(text).filter { $0.hasPrefix("\u{1B}[31m  broken") }.count == 1)
        #expect(lines(text).filter { $0.contains("\u{1B}") }.count == 4, "the fourth is the header")
        #expect(lines(text).allSatisfy { !$0.contains("\u{1B}") || $0.hasSuffix("\u{1B}[0m") })
    }

    @Test func severalPipelinesAreNamed() {
        let text = Self.table(pipelines: ["days", "minutes"]).text()
        #expect(text.contains("INSTRUMENT  PIPELINE"))
        #expect(text.components(of: "600000.SH") == 2 * 2)
        #expect(text.contains("  minutes: broken (model/ridge)"))
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
