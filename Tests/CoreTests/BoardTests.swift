import HostCore
import PluginKit
import Testing

struct InstrumentTableTests {
    @Test func givesDenseNumbersOnce() {
        let table = InstrumentTable()
        let (a, b) = (Instrument(code: "A", venue: "US"), Instrument(code: "B", venue: "US"))
        #expect(table.intern(a) == id(0))
        #expect(table.intern(b) == id(1))
        #expect(table.intern(a) == id(0))
        #expect(table.count == 2)
        #expect(table.instrument(id(1)) == b)
        #expect(table.id(of: b) == id(1))
        #expect(table.id(of: Instrument(code: "C", venue: "US")) == nil)
        #expect(table.instrument(id(2)).description == "?.UNKNOWN")
    }

    @Test(
        arguments: [
            ("00700", 0), ("0700.HK", 0), ("btc/usdt", 1), ("BRK.B", 2), ("000001.SH", 3), ("000001", 4),
            ("600519", nil),
            ("ABC", nil), ("?", nil),
        ] as [(String, UInt32?)])
    func findsWhatATextMeans(text: String, number: UInt32?) throws {
        let table = InstrumentTable()
        let names = ["00700.HK", "BTC/USDT.BINANCE", "BRK.B.US", "000001.SH", "000001.SZ", "ABC.X1", "ABC.X2"]
        for name in names { _ = table.intern(try Instrument(parsing: name)) }
        #expect(table.id(meantBy: text)?.rawValue == number)
    }

    @Test func manyTasksAgreeOnTheNumbers() async {
        let table = InstrumentTable()
        await withTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<200).map { table.intern(Instrument(code: "I\($0 % 50)", venue: "X")).rawValue } }
            }
            var all: [[UInt32]] = []
            for await numbers in group { all.append(numbers) }
            #expect(Set(all).count == 1)
        }
        #expect(table.count == 50)
    }
}

struct InstanceBoardTests {
    @Test func whatFailedForGoodStaysSoUntilAFreshOneIsThere() {
        let board = InstanceBoard(now: { 0 })
        board.register(.sink, "out", plugin: "csv", state: .ok)
        board.set(.sink, "out", .failed, "records were lost")
        board.retire(.sink, "out", "quarantined")
        board.set(.sink, "out", .failed, "records were lost")
        board.set(.sink, "out", .degraded, "slow")
        #expect(board.retired == ["sink/out"])
        #expect(board.status(.sink, "out")?.message == "quarantined")
        board.register(.sink, "out", plugin: "csv", state: .ok)
        #expect(board.retired.isEmpty)
    }

    @Test func tellsListenersOfEachChangeOnce() {
        let time = Guarded<Int64>(5)
        let board = InstanceBoard(now: { time.value })
        let states = SeenStates(board)
        board.register(.sink, "out", plugin: "csv")
        board.register(.provider, "out", plugin: "history", state: .ok)
        time.change { $0 = 7 }
        board.set(.sink, "out", .ok)
        board.set(.sink, "out", .ok)
        time.change { $0 = 9 }
        board.set(.sink, "out", .degraded, "slow")
        board.set(.sink, "out", .degraded, "slower")
        board.set(.sink, "absent", .failed)
        #expect(states.all == ["ok ", "degraded slow", "degraded slower"])
        #expect(board.status(.sink, "out")?.since == 9)
        #expect(board.status(.provider, "out")?.state == .ok)
        #expect(board.status(.model, "out") == nil)
        #expect(board.all.map(\.kind) == [.sink, .provider])
        #expect(board.all.first?.plugin == "csv")
    }
}

struct ModelBoardTests {
    private func entry(_ model: String, _ pipeline: String = "p", state: String = "fitting") -> ModelBoard.Entry {
        ModelBoard.Entry(model: model, pipeline: pipeline, plugin: "model/ridge", state: state)
    }

    @Test func keepsTheLastEntryOfEachModelByName() {
        let board = ModelBoard()
        board.setProgress(0.5, of: "absent", in: "p")
        board.set(entry("b"))
        board.set(entry("a", state: "disabled"))
        board.setProgress(0.5, of: "b", in: "p")
        #expect(board.entry("b", in: "p")?.progress == 0.5)
        board.set(entry("b", state: "serving"))
        #expect(board.all.map(\.model) == ["a", "b"])
        #expect(board.entry("b", in: "p")?.state == "serving")
        #expect(board.entry("b", in: "p")?.progress == 0)
        #expect(board.entry("absent", in: "p") == nil)
    }

    @Test func pipelinesWithOneModelHaveLinesOfTheirOwn() {
        let board = ModelBoard()
        board.set(entry("m", "minutes", state: "failed"))
        board.set(entry("m", "days", state: "serving"))
        board.setProgress(0.25, of: "m", in: "minutes")
        #expect(board.entries("m").map(\.pipeline) == ["days", "minutes"])
        #expect(board.entries("m").map(\.state) == ["serving", "failed"])
        #expect(board.entries("m").map(\.progress) == [0, 0.25])
        board.keep { $0.pipeline == "days" }
        #expect(board.all.map(\.pipeline) == ["days"])
    }
}

struct LatestValuesTests {
    private func predictions(_ model: String, _ rows: [(Int, Int, Double)]) -> PredictionBatch {
        PredictionBatch(
            model: model, target: "t", outputs: [OutputColumn("value", unit: "", "")],
            rows: rows.map { Prediction(time: Int64($0.1) * day, value: $0.2, price: 1, instrument: id($0.0)) },
            values: rows.map(\.2))
    }

    @Test func keepsTheNewestBarAndTheCloseBefore() {
        let latest = LatestValues()
        #expect(latest.entries(id(3)).isEmpty)
        latest.update(
            bars: [bar(3, 1, close: 10), bar(3, 2, close: 11), bar(1, 9)], pipeline: "p", source: "s", timeframe: daily)
        #expect(latest.entries(id(3)).first?.event.price == 11)
        #expect(latest.entries(id(3)).first?.previousClose == 10)
        #expect(latest.entries(id(1)).first?.previousClose.isNaN == true)
        #expect(latest.entries(id(2)).isEmpty)
        #expect(latest.instruments == [id(1), id(3)])
    }

    @Test func anOlderBarChangesNothingAndTheSameTimeReplaces() {
        let latest = LatestValues()
        latest.update(bars: [bar(0, 1, close: 10), bar(0, 2, close: 11)], pipeline: "p", source: "a", timeframe: daily)
        latest.update(bars: [bar(0, 1, close: 99)], pipeline: "p", source: "b", timeframe: daily)
        #expect(latest.entries(id(0)).first?.event.price == 11)
        latest.update(bars: [bar(0, 2, close: 12)], pipeline: "p", source: "b", timeframe: daily)
        #expect(latest.entries(id(0)).first?.event.price == 12)
        #expect(latest.entries(id(0)).first?.previousClose == 10)
        #expect(latest.entries(id(0)).first?.source == "b")
    }

    @Test func theVersionGrowsWithEachChangeOnly() {
        let latest = LatestValues()
        #expect(latest.version == 0)
        latest.update(bars: [], pipeline: "p", source: "s", timeframe: daily)
        latest.update(predictions: predictions("m", []), pipeline: "p", timeframe: daily)
        #expect(latest.version == 0)
        latest.update(bars: [bar(0, 1)], pipeline: "p", source: "s", timeframe: daily)
        latest.update(predictions: predictions("m", [(0, 1, 0.5)]), pipeline: "p", timeframe: daily)
        #expect(latest.version == 2)
        #expect(latest.entries(id(0)).first?.version == 1)
    }

    @Test func keepsTheNewestPredictionOfEachModel() {
        let latest = LatestValues()
        latest.update(
            predictions: predictions("a", [(0, 1, 0.1), (0, 2, 0.2), (1, 5, 0.5)]), pipeline: "p", timeframe: daily)
        latest.update(predictions: predictions("b", [(0, 1, 0.9)]), pipeline: "q", timeframe: daily)
        latest.update(predictions: predictions("a", [(0, 1, 0.7)]), pipeline: "p", timeframe: daily)
        #expect(latest.predictions(id(0)).map(\.prediction.value) == [0.2, 0.9])
        #expect(latest.predictions(id(0)).map(\.model) == ["a", "b"])
        #expect(latest.predictions(id(0)).map(\.pipeline) == ["p", "q"])
        #expect(latest.predictions(id(9)).isEmpty)
    }

    @Test func pipelinesOfOneInstrumentStandBesideEachOther() {
        let latest = LatestValues()
        let minutes = Timeframe(5, .minute)
        latest.update(bars: [bar(0, 2, close: 11)], pipeline: "minutes", source: "live", timeframe: minutes)
        latest.update(bars: [bar(0, 1, close: 10)], pipeline: "days", source: "history", timeframe: daily)
        latest.update(predictions: predictions("m", [(0, 2, 0.2)]), pipeline: "minutes", timeframe: minutes)
        latest.update(predictions: predictions("m", [(0, 1, 0.1)]), pipeline: "days", timeframe: daily)
        #expect(latest.entries(id(0)).map(\.pipeline) == ["days", "minutes"])
        #expect(latest.entries(id(0)).map(\.event.price) == [10, 11])
        #expect(latest.entries(id(0)).map(\.timeframe) == [daily, minutes])
        #expect(latest.predictions(id(0)).map(\.prediction.value) == [0.1, 0.2])
        #expect(latest.predictions(id(0)).map(\.timeframe) == [daily, minutes])
        #expect(latest.instruments == [id(0)])
    }

    @Test func forgetsWhatDoesNotRunAnyMore() {
        let latest = LatestValues()
        for pipeline in ["a", "b"] {
            latest.update(bars: [bar(0, 1)], pipeline: pipeline, source: "s", timeframe: daily)
            for model in ["m", "n"] {
                latest.update(
                    predictions: predictions(model, [(0, 1, 0.5)]), pipeline: pipeline, timeframe: daily)
            }
        }
        latest.keep(["b": ["n"]])
        #expect(latest.entries(id(0)).map(\.pipeline) == ["b"])
        #expect(latest.predictions(id(0)).map(\.model) == ["n"])
    }

    @Test func anotherTimeframeOfAPipelineBeginsAnew() {
        let latest = LatestValues()
        latest.update(bars: [bar(0, 9, close: 10)], pipeline: "p", source: "s", timeframe: daily)
        latest.update(bars: [bar(0, 1, close: 11)], pipeline: "p", source: "s", timeframe: Timeframe(5, .minute))
        #expect(latest.entries(id(0)).map(\.event.price) == [11])
    }
}
