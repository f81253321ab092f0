import Builtin
import FoundationEssentials
import HostConformance
import HostPlugins
import PluginKit
import PluginKitTesting
import Testing

/// `conformance.yaml`, and the levels that are kept.
@Suite struct SampleFileTests {
    private let folders: TemporaryFolders
    private let descriptor: PluginDescriptor

    init() throws {
        folders = try TemporaryFolders()
        descriptor = try #require(Builtin.plugins.first { $0.descriptor.id == "provider/local_history" }).descriptor
    }

    private func read(_ text: String?) throws -> ConformanceSample {
        if let text { try text.write(toFile: "\(folders.root)/conformance.yaml", atomically: true, encoding: .utf8) }
        let folders = folders
        return try SampleFile(folder: folders.root, descriptor: descriptor).sample { try folders.make() }
    }

    @Test func readsEveryKey() throws {
        let sample = try read(
            """
            options: { path: "${folder}/data", batch: 50 }
            instruments: [FB.US, "600519.SH"]
            unknown_instrument: NONE.US
            timeframe: 5m
            unavailable: { path: nowhere }
            damaged: { cut: { path: "${folder}/cut" } }
            expected: [{ seconds: 60, open: 1, high: 2, low: 0.5, close: 1.5, volume: 10, amount: 15 }]
            patience: 3s
            idempotent: true
            """)
        #expect(sample.values == ["path": .text("\(folders.root)/data"), "batch": .integer(50)])
        #expect(sample.instruments.map(\.description) == ["FB.US", "600519.SH"])
        #expect(sample.unknownInstrument?.code == "NONE" && sample.timeframe == Timeframe(5, .minute))
        #expect(sample.unavailable == ["path": .text("nowhere")] && sample.patience == .seconds(3))
        #expect(sample.damaged.map(\.values) == [["path": .text("\(folders.root)/cut")]])
        let expected = sample.expected[.bar].flatMap(Bar.events) ?? []
        #expect(expected.map(\.time) == [60_000_000_000] && expected.map(\.amount) == [15])
        #expect(sample.isIdempotent == true)
    }

    @Test func readsEventsOfEveryKind() throws {
        let texts = [
            "trade": "seconds,price,size,side\n1.5,10,2,buy\n2.000000001,11,3,\n",
            "quote": "seconds,bid,ask,bid_size,ask_size\n1,9,10,1,2\n",
            "order_book": "seconds,bid,ask,bid_size,ask_size\n1,9,10,1,2\n",
            "figure": "seconds,period_end,name,value\n5,-1.5,revenue,1e9\n",
            "factor": "seconds,announced,ratio,cash,rights,rights_price\n5,1,2,0.5,0,0\n",
        ]
        for (kind, text) in texts {
            try text.write(toFile: "\(folders.root)/\(kind).csv", atomically: true, encoding: .utf8)
        }
        let sample = try read(
            """
            events: { trade: trade.csv, quote: quote.csv, order_book: order_book.csv, figure: figure.csv, factor: factor.csv }
            expected: [{ kind: trade, seconds: 7, price: 1, size: 2 }, { kind: quote, seconds: 1, bid: 1, ask: 2,
                         bid_size: 1, ask_size: 1 }]
            """)
        let trades = sample.events[.trade].flatMap(Trade.events) ?? []
        #expect(trades.map(\.time) == [1_500_000_000, 2_000_000_001] && trades.map(\.side) == [.buy, .unknown])
        let figure = try #require(sample.events[.figure].flatMap(Figure.events)?.first)
        #expect(figure.name.description == "revenue" && figure.periodEnd == -1_500_000_000)
        let book = try #require(sample.events[.orderBook].flatMap(OrderBook.events)?.first)
        #expect(book.bids.first?.price == 9 && book.asks.first?.size == 2)
        #expect(sample.events[.factor].flatMap(Factor.events)?.first?.announced == 1_000_000_000)
        #expect(sample.expected[.trade]?.count == 1 && sample.expected[.quote]?.count == 1)
        #expect(sample.bars.count == 600)
    }

    @Test func withoutAFileThereAreRealBars() throws {
        let sample = try read(nil)
        #expect(sample.bars.count == 600 && sample.values.isEmpty)
        #expect(zip(sample.bars, sample.bars.dropFirst()).allSatisfy { $0.time < $1.time })
        // 2000-03-01, 16:00 in New York.
        #expect(sample.bars[0].time == 951_944_400_000_000_000 && sample.bars[0].close == 100.25)
    }

    @Test func leadsAnOptionToAnAddressThatTakesEverything() throws {
        try "options: { path: \"${dry}/hook\" }".write(
            toFile: "\(folders.root)/conformance.yaml", atomically: true, encoding: .utf8)
        let file = SampleFile(folder: folders.root, descriptor: descriptor, dry: "http://127.0.0.1:1")
        let folders = folders
        #expect(try file.sample { try folders.make() }.values == ["path": .text("http://127.0.0.1:1/hook")])
    }

    @Test func seesWhatASinkKept() throws {
        let sample = try read("kept: { file: out.csv, column: close }")
        let folder = try folders.make()
        try "time,close\n1,2.5\n2,none\n".write(toFile: "\(folder)/out.csv", atomically: true, encoding: .utf8)
        let kept = try #require(sample.keptCloses)
        let report = Outcome(folder: folder)
        #expect(try report.closes(kept).map(\.bitPattern) == [2.5, Double.nan].map(\.bitPattern))
    }

    @Test(arguments: [
        ("optons: {}", "options"), ("options: { pth: x }", "path"), ("options: { batch: many }", "batch"),
        ("timeframe: soon", "timeframe"), ("instruments: FB.US", "list"), ("kept: { file: x }", "column"),
        ("network: dry", "real"), ("events: { trades: a.csv }", "Did you mean 'trade'?"),
        ("expected: [{ kind: trade, seconds: 1, price: x, size: 1 }]", "'price' is 'x', no number"),
        ("expected: [{ kind: trade, seconds: 1.0000000001, price: 1, size: 1 }]", "at most 9 places"),
        ("expected: [{ kind: trade, seconds: 1, price: 1, size: 1, side: long }]", "'side' is not known"),
        ("expected: [{ seconds: 1 }]", "open"), ("- a", "mapping"), ("bars: none.csv", "none.csv"),
        ("a: [", "conformance.yaml"),
    ]) func saysWhatIsWrong(text: String, says: String) throws {
        let error = #expect(throws: PluginFault.self) { try read(text) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test func saysAllThatIsWrong() throws {
        let error = #expect(throws: PluginFault.self) { try read("optons: {}\ninstrumnets: [FB.US]") }
        let lines = error?.message.split(separator: "\n") ?? []
        #expect(lines.count == 2 && lines[0].contains(":1: ") && lines[1].contains("'instruments'"), "\(lines)")
    }

    @Test func aLevelIsShownForTheContentThatEarnedItOnly() async throws {
        let levels = ConformanceLevels(folder: "\(folders.root)/levels")
        #expect(levels.level(of: "sink/mutant", digest: "sha256:1") == nil)
        let folders = folders
        let sample = ConformanceSample { try folders.make() }
        let report = await Conformance(MutantSink.type(.none), sample: sample).report(only: [
            "recordKinds", "descriptor",
        ])
        #expect(report.level == .silver)
        try levels.keep(report, digest: "sha256:1")
        #expect(levels.level(of: "sink/mutant", digest: "sha256:1") == .silver)
        #expect(levels.level(of: "sink/mutant", digest: "sha256:2") == nil)
        #expect(levels.level(of: "sink/other", digest: "sha256:1") == nil)
    }
}

/// What an instance left behind, for a closure that looks at it.
private struct Outcome {
    let folder: String

    func closes(_ kept: (ConformanceSample.Outside) throws -> [Double]) throws -> [Double] {
        try kept(ConformanceSample.Outside(folder: folder, published: []))
    }
}
