import PluginKit
import Testing

struct MarketTypesTests {
    private let id = InstrumentID(rawValue: 3)

    @Test func flatEventsHaveTheirPromisedSizes() {
        #expect(MemoryLayout<Bar>.size == 64)
        #expect(MemoryLayout<Bar>.stride == 64)
        #expect(MemoryLayout<Quote>.size == 48)
        #expect(MemoryLayout<Prediction>.stride == 32)
        #expect(MemoryLayout<Figure>.stride == 56)
        #expect(MemoryLayout<Factor>.stride == 56)
    }

    @Test func flatEventsHoldNoReference() {
        #expect(_isPOD(Bar.self))
        #expect(_isPOD(Quote.self))
        #expect(_isPOD(Trade.self))
        #expect(_isPOD(Prediction.self))
        #expect(_isPOD(OrderBook.self))
        #expect(_isPOD(Figure.self))
        #expect(_isPOD(Factor.self))
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
        #expect(Figure.kind == .figure)
        #expect(Factor.kind == .factor)
        #expect(EventKind.allCases.map(\.rawValue) == ["bar", "trade", "quote", "order_book", "figure", "factor"])
        for kind in EventKind.allCases {
            #expect(kind.type.kind == kind)
            #expect(EventBatch.empty(kind).kind == kind && EventBatch.empty(kind).count == 0)
        }
    }

    @Test func aBatchCountsItsEvents() {
        let bar = Bar(time: 1, open: 1, high: 1, low: 1, close: 1, volume: 1, instrument: id)
        let trade = Trade(time: 1, price: 1, size: 1, instrument: id)
        let quote = Quote(time: 1, bid: 1, ask: 1.5, bidSize: 1, askSize: 1, instrument: id)
        let book = OrderBook(
            time: 1, bids: [OrderBook.Level(price: 1, size: 2)], asks: [], instrument: id, flags: .partial)
        let figure = Figure(time: 2, periodEnd: 1, value: 1, name: .unnamed, instrument: id)
        let batches: [(EventBatch, EventKind, Int)] = [
            (.bars([bar, bar]), .bar, 2), (.trades([trade]), .trade, 1), (.quotes([quote]), .quote, 1),
            (.orderBooks([book, book]), .orderBook, 2), (.figures([figure]), .figure, 1),
            (.factors([Factor(time: 1, ratio: 2, instrument: id)]), .factor, 1),
            (.bars([]), .bar, 0),
        ]
        for (batch, kind, count) in batches {
            #expect(batch.kind == kind)
            #expect(batch.count == count)
            #expect(batch.instruments == Array(repeating: id, count: count))
        }
        #expect(quote.spread == 0.5)
        #expect(trade.side == .unknown)
        #expect(book.bids.first?.size == 2)
    }

    @Test func aSideHoldsItsBestLevels() {
        let levels = (0..<25).map { OrderBook.Level(price: 100 - Double($0), size: Double($0)) }
        let book = OrderBook(time: 1, sequence: 9, bids: levels, asks: levels.prefix(3), instrument: id)
        #expect(book.bids.count == OrderBook.depth && book.bids[19].price == 81)
        #expect(book.asks.map(\.size) == [0, 1, 2])
        var other = book
        #expect(other == book && other.hashValue == book.hashValue)
        other.asks.append(OrderBook.Level(price: 90, size: 1))
        #expect(other != book && other.asks.count == 4)
    }

    @Test(arguments: ["a", "net_income", "price_to_earnings_ttm_12", "x1"]) func aFigureNameReadsBack(
        _ text: String
    ) throws {
        let name = try #require(FigureName(text))
        #expect(name.description == text)
        #expect(FigureName(words: name.words) == name)
        #expect(Set([name, try #require(FigureName(text)), .unnamed]).count == 2)
    }

    @Test(arguments: ["", "1a", "_a", "Abc", "é", "a b", "a_name_of_twenty_five_char"])
    func refusesWhatIsNoFigureName(_ text: String) { #expect(FigureName(text) == nil) }

    @Test func refusesWordsThatAreNoName() {
        #expect(FigureName(words: [0, 0, 0]) == nil)
        #expect(FigureName(words: [0x61, 0, 0x61]) == nil)
        #expect(FigureName(words: [.max, .max, .max]) == nil)
    }

    @Test func aFactorAdjustsWhatWasBefore() {
        #expect(Factor(time: 5, ratio: 2, instrument: id).adjusted(10) == 5)
        #expect(Factor(time: 5, cash: 1, instrument: id).adjusted(10) == 9)
        // Ten for ten at 10 with 3 rights for ten shares at 5: (10 + 0.3 * 5) / 1.3.
        #expect(abs(Factor(time: 5, rights: 0.3, rightsPrice: 5, instrument: id).adjusted(10) - 11.5 / 1.3) < 1e-12)
        #expect(Factor(time: 5, instrument: id).announced == 5)
    }

    @Test func flagsAreDistinctBits() {
        let all: [EventFlags] = [
            .partial, .stale, .afterRejected, .fallback, .adjusted, .warmUpOnly, .newLevel,
            .revised, .suspect, .late,
        ]
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
