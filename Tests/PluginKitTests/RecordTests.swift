import PluginKit
import Testing

struct RecordTests {
    private func bar(_ time: Int64) -> Bar {
        Bar(time: time, open: 1, high: 1, low: 1, close: Double(time), volume: 1, instrument: InstrumentID(rawValue: 0))
    }

    private func batch(_ content: RecordBatch.Content) -> RecordBatch {
        RecordBatch(pipeline: "p", source: "s", timeframe: Timeframe(1, .day), sequence: 9, content: content)
    }

    private var features: FeatureBatch {
        FeatureBatch(
            schema: FeatureSchema(names: ["a", "b"]), rows: [bar(1), bar(2), bar(3)].map { RowKey($0) },
            values: [1, 10, 2, 20, 3, 30])
    }

    private var predictions: PredictionBatch {
        let rows = (1...3).map {
            Prediction(time: Int64($0), value: Double($0), price: 1, instrument: InstrumentID(rawValue: 0))
        }
        return PredictionBatch(
            model: "m", target: "t",
            outputs: [OutputColumn("value", unit: "", ""), OutputColumn("spread", unit: "", "")],
            rows: rows, values: [1, -1, 2, -2, 3, -3])
    }

    @Test func everyContentHasItsKindAndCount() {
        let alert = Alert(time: 1, rule: "r", severity: .info, instrument: nil, message: "")
        let id = InstrumentID(rawValue: 0)
        let status = StatusRecord(time: 1, component: "sink/x", state: "ok", message: "")
        let all: [(RecordBatch.Content, RecordKind, Int)] = [
            (.bars([bar(1)]), .bars, 1), (.quotes([.blank]), .quotes, 1), (.trades([.blank, .blank]), .trades, 2),
            (.orderBooks([.blank]), .orderBooks, 1), (.figures([.blank]), .figures, 1),
            (.factors([Factor(time: 1, instrument: id)]), .factors, 1), (.features(features), .features, 3),
            (.predictions(predictions), .predictions, 3), (.outcomes([.blank]), .outcomes, 1),
            (.alerts([alert, alert]), .alerts, 2), (.status([status]), .status, 1),
        ]
        for (content, kind, count) in all {
            let made = batch(content)
            #expect(made.kind == kind)
            #expect(made.count == count)
            #expect(made.selecting([0]).count == 1)
            #expect(made.selecting([]).count == 0)
            #expect(made.selecting([0]).sequence == 9)
        }
        #expect(RecordKind.allCases.count == all.count)
    }

    @Test(arguments: RecordKind.allCases) func everyKindSaysWhatItIsMadeOf(kind: RecordKind) {
        let columns = kind.rows.columns
        #expect(columns.first?.name == "time" && columns.first?.type == .time)
        #expect(columns.count { $0.type == .instrument } == (kind == .status ? 0 : 1))
        let names = (kind.rows.constants + columns).map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) } })
        #expect(Set(names).isDisjoint(with: ["pipeline", "source", "timeframe", "sequence", "kind"]))
    }

    @Test func anOrderBookIsTheSameAfterItsCellsWereSet() {
        let book = OrderBook(
            time: 5, sequence: 7, bids: [.init(price: 2, size: 10), .init(price: 1, size: 20)],
            asks: [.init(price: 3, size: 30)], instrument: InstrumentID(rawValue: 1), flags: .suspect)
        var made = OrderBook.blank
        for column in OrderBook.columns {
            switch column.access {
            case .time(let get, let set), .integer(let get, let set): set(&made, get(book))
            case .instrument(let get, let set): set(&made, get(book))
            case .flags(let get, let set): set(&made, get(book))
            case .reals(let names, let get, let set): for place in names.indices { set(&made, place, get(book, place)) }
            case .real, .text, .word, .name: Issue.record("a book has no such column")
            }
        }
        #expect(made == book)
    }

    @Test func selectingKeepsRowsInTheOrderGiven() throws {
        guard case .features(let kept) = batch(.features(features)).selecting([2, 0]).content else {
            Issue.record("features stay features")
            return
        }
        #expect(kept.values == [3, 30, 1, 10])
        #expect(kept.rows.map(\.time) == [3, 1])
        guard case .predictions(let rows) = batch(.predictions(predictions)).selecting([1]).content else {
            Issue.record("predictions stay predictions")
            return
        }
        #expect(rows.values == [2, -2])
        #expect(rows.rows.map(\.time) == [2])
    }

    @Test func aSchemaIsIdentifiedByItsNamesAndTheirOrder() {
        #expect(FeatureSchema(names: []).id == 0xcbf2_9ce4_8422_2325)
        #expect(FeatureSchema(names: ["rsi14", "macd.signal"]).id == 0xfe8c_0791_d6af_2de7)
        let different = [["ab"], ["a", "b"], ["b", "a"], ["a", "b", ""]].map { FeatureSchema(names: $0).id }
        #expect(Set(different).count == 4)
        #expect(FeatureSchema(names: ["a"]).id == FeatureSchema(names: ["a"]).id)
    }

    @Test func aReceiptIsAcceptedByDefault() {
        #expect(WriteReceipt.accepted.rejected.isEmpty && WriteReceipt.accepted.retry.isEmpty)
        #expect(WriteReceipt.Rejection(row: 1, reason: "r").row == 1)
    }
}
