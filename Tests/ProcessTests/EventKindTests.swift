import HostProcess
import PluginKit
import Synchronization
import Testing

/// Programs in Python give and read events of every kind.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct EventKindTests {
    private static let program = """
        import penstock_plugin as kit
        ROWS = {
            "bar": [(1, 1.0, 2.0, 0.5, 1.5, 10.0, float("nan"), 0)],
            "quote": [(1, 9.5, 10.5, 100.0, 200.0, 0), (2, 9.6, 10.4, 1.0, 2.0, 0)],
            "trade": [(1, 10.0, 5.0, 0, 2), (2, 10.5, 6.0, 0)],
            "order_book": [(1, 77, 0, [(9.0, 1.0), (8.0, 2.0)], [(10.0, 3.0)]), (2, 78, 0, [], [])],
            "figure": [(5, 3, 1e9, "revenue", 0), (6, 3, 2.5, "abcdefghijklmnopqrstuvwx", 0)],
            "factor": [(5, 3, 2.0, 0.5, 0.1, 8.0, 0)],
        }
        class All(kit.Provider):
            descriptor = {"kind": "provider", "name": "all", "summary": "All.", "options": [],
                          "provider": {"fetches": list(kit.EVENTS), "streams": list(kit.EVENTS), "is_replay": True,
                                       "needs_network": False}}
            def fetch(self, request):
                return kit.events(request["kind"], ROWS[request["kind"]]), []
            def stream(self, subscription):
                for number, row in enumerate(ROWS[subscription["kind"]]):
                    yield kit.Push(kit.events(subscription["kind"], [row]), str(number))
            def instruments(self): return ["AAPL.US", "600000.SH"]
            def trading_days(self, venue, first, last): return [day for day in range(first, last + 1) if day % 7 < 5]
        kit.run(All)
        """

    private func provider(_ fixture: ProcessFixture) throws -> any Provider {
        let type = try fixture.plugin(try fixture.script(Self.program)).describe()
        #expect(type.descriptor.provider?.fetches == Set(EventKind.allCases))
        guard case .provider(let make) = type.maker else { throw PluginError(.unsupported, "test: no provider.") }
        return try make(Configuration(instance: "provider/all", values: [:]), fixture.context)
    }

    private static let instrument = InstrumentID(rawValue: 0)

    private static let expected: [EventKind: EventBatch] = [
        .quote: .quotes([
            Quote(time: 1, bid: 9.5, ask: 10.5, bidSize: 100, askSize: 200, instrument: instrument),
            Quote(time: 2, bid: 9.6, ask: 10.4, bidSize: 1, askSize: 2, instrument: instrument),
        ]),
        .trade: .trades([
            Trade(time: 1, price: 10, size: 5, side: .sell, instrument: instrument),
            Trade(time: 2, price: 10.5, size: 6, instrument: instrument),
        ]),
        .orderBook: .orderBooks([
            OrderBook(
                time: 1, sequence: 77, bids: [.init(price: 9, size: 1), .init(price: 8, size: 2)],
                asks: [.init(price: 10, size: 3)], instrument: instrument),
            OrderBook(time: 2, sequence: 78, bids: [], asks: [], instrument: instrument),
        ]),
        .figure: .figures(
            [("revenue", Int64(5), 1e9), ("abcdefghijklmnopqrstuvwx", 6, 2.5)].compactMap { name, time, value in
                FigureName(name).map {
                    Figure(time: time, periodEnd: 3, value: value, name: $0, instrument: instrument)
                }
            }),
        .factor: .factors([
            Factor(time: 5, announced: 3, ratio: 2, cash: 0.5, rights: 0.1, rightsPrice: 8, instrument: instrument)
        ]),
    ]

    @Test(arguments: [EventKind.quote, .trade, .orderBook, .figure, .factor])
    func aProviderInPythonGivesEvents(of kind: EventKind) async throws {
        let fixture = try ProcessFixture()
        let provider = try provider(fixture)
        let reference = InstrumentReference(id: Self.instrument, instrument: Instrument(code: "A", venue: "US"))
        #expect(try await provider.fetch(FetchRequest(kind, of: [reference])).batch == Self.expected[kind])
        let receiver = Receiver()
        try await provider.stream(
            Subscription(instruments: [reference], kind: kind, timeframe: Timeframe(1, .day)), into: receiver)
        #expect(receiver.count.withLock { $0 } == Self.expected[kind]?.count)
        await provider.stop()
    }

    @Test func aProviderInPythonListsInstrumentsAndDays() async throws {
        let fixture = try ProcessFixture()
        let provider = try provider(fixture)
        #expect(try await provider.instruments().map(\.description) == ["AAPL.US", "600000.SH"])
        #expect(try await provider.tradingDays(of: "XNYS", 0...10) == [0, 1, 2, 3, 4, 7, 8, 9, 10])
        await provider.stop()
    }

    @Test func anIndicatorInPythonReadsOrderBooksAndFigures() throws {
        let fixture = try ProcessFixture()
        let program = """
            import penstock_plugin as kit
            class Spread(kit.Indicator):
                descriptor = {"kind": "indicator", "name": "spread", "version": "1", "summary": "", "options": [],
                              "reads": "order_book", "outputs": [{"name": "value", "unit": "", "summary": ""}]}
                def fresh(self): return {}
                def update(self, state, book):
                    return [book["asks"][0][0] - book["bids"][0][0]] if book["bids"] and book["asks"] else None
            kit.run(Spread)
            """
        let type = try fixture.plugin(try fixture.script(program)).describe()
        #expect(type.descriptor.reads == .orderBook)
        guard case .indicator(let make) = type.maker,
            var made = try make(Configuration(instance: "indicator/a", values: [:])) as? any Indicator<OrderBook>,
            let books = Self.expected[.orderBook].flatMap({ OrderBook.events(of: $0) })
        else { throw PluginError(.unsupported, "test: no indicator over order books.") }
        var value = [0.0]
        let taken = value.withUnsafeMutableBufferPointer { buffer -> [Bool] in
            guard let base = buffer.baseAddress else { return [] }
            return books.reversed().map { made.update($0, into: OutputRow(base: base, width: 1)) }
        }
        #expect(taken == [false, true] && value == [1])
    }
}
