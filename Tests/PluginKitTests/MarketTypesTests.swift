import PluginKit
import Testing

struct MarketTypesTests {
    private let id = InstrumentID(rawValue: 3)

    @Test func flatEventsHaveTheirPromisedSizes() {
        #expect(MemoryLayout<Bar>.size == 64)
        #expect(MemoryLayout<Bar>.stride == 64)
        #expect(MemoryLayout<Quote>.size == 48)
        #expect(MemoryLayout<Prediction>.stride == 32)
    }

    @Test func flatEventsHoldNoReference() {
        #expect(_isPOD(Bar.self))
        #expect(_isPOD(Quote.self))
        #expect(_isPOD(Trade.self))
        #expect(_isPOD(Prediction.self))
    }

    @Test func aBarWithoutAmountHasNaN() {
        let bar = Bar(time: 1, open: 1, high: 2, low: 1, close: 2, volume: 3, instrument: id)
        #expect(bar.amount.isNaN)
        #expect(bar.flags.isEmpty)
    }

    @Test func everyEventKnowsItsKind() {
        #expect(Bar.kind == .bar)
        #expect(Trade.kind == .trade)
        #expect(Quote.kind == .quote)
        #expect(OrderBook.kind == .orderBook)
        #expect(Fundamentals.kind == .fundamentals)
        #expect(EventKind.allCases.map(\.rawValue) == ["bar", "trade", "quote", "order_book", "fundamentals"])
    }

    @Test func aBatchCountsItsEvents() {
        let bar = Bar(time: 1, open: 1, high: 1, low: 1, close: 1, volume: 1, instrument: id)
        let trade = Trade(time: 1, price: 1, size: 1, instrument: id)
        let quote = Quote(time: 1, bid: 1, ask: 1.5, bidSize: 1, askSize: 1, instrument: id)
        let book = OrderBook(
            time: 1, bids: [OrderBook.Level(price: 1, size: 2)], asks: [], instrument: id, flags: .partial)
        let figures = Fundamentals(time: 2, periodEnd: 1, values: ["revenue": 1], currency: "USD", instrument: id)
        let batches: [(EventBatch, EventKind, Int)] = [
            (.bars([bar, bar]), .bar, 2), (.trades([trade]), .trade, 1), (.quotes([quote]), .quote, 1),
            (.orderBooks([book, book]), .orderBook, 2), (.fundamentals([figures]), .fundamentals, 1),
            (.bars([]), .bar, 0),
        ]
        for (batch, kind, count) in batches {
            #expect(batch.kind == kind)
            #expect(batch.count == count)
        }
        #expect(quote.spread == 0.5)
        #expect(trade.side == .unknown)
        #expect(book.bids.first?.size == 2)
    }

    @Test func flagsAreDistinctBits() {
        let all: [EventFlags] = [.partial, .stale, .afterRejected, .fallback, .adjusted, .warmUpOnly]
        #expect(Set(all.map(\.rawValue)).count == all.count)
        #expect(all.allSatisfy { $0.rawValue.nonzeroBitCount == 1 })
    }

    @Test func aDefectKeepsTwoHundredCharactersOfTheSource() {
        let defect = Defect(
            instrument: id, place: "AAPL.csv:17", reason: "unreadable_number", message: "",
            raw: String(repeating: "x", count: 500))
        #expect(defect.raw.count == 200)
    }
}
