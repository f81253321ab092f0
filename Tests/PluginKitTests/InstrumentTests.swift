import PluginKit
import Testing

struct InstrumentTests {
    @Test(
        arguments: [
            ("600519", "600519.SH"), ("sh600519", "600519.SH"), ("SH.600519", "600519.SH"),
            ("600519.SS", "600519.SH"), ("600519.ss", "600519.SH"), ("600519.XSHG", "600519.SH"),
            ("510300", "510300.SH"), ("900901", "900901.SH"),
            ("000001", "000001.SZ"), ("sz000001", "000001.SZ"), ("300750", "300750.SZ"), ("200011", "200011.SZ"),
            ("159915", "159915.SZ"), ("000001.XSHE", "000001.SZ"), ("szse.000001", "000001.SZ"),
            ("000001.SH", "000001.SH"), ("sh000001", "000001.SH"),
            ("430047", "430047.BJ"), ("830799", "830799.BJ"), ("920819", "920819.BJ"), ("bj430047", "430047.BJ"),
            ("700.HK", "00700.HK"), ("00700.HK", "00700.HK"), ("9988.hk", "09988.HK"),
            ("AAPL", "AAPL.US"), ("aapl", "AAPL.US"), ("AAPL.US", "AAPL.US"), ("BRK-B", "BRK-B.US"),
            ("BRK.B.US", "BRK.B.US"), ("BRK.B", "BRK.B.US"), ("bf.b", "BF.B.US"), ("^GSPC", "^GSPC.US"),
            ("ON", "ON.US"), ("1E5", "1E5.US"), ("NO", "NO.US"),
            ("BTCUSDT.BINANCE", "BTCUSDT.BINANCE"), ("btc/usdt.binance", "BTC/USDT.BINANCE"),
            ("ES=F", "ES=F.US"), ("SH", "SH.US"), ("SHOP", "SHOP.US"),
        ])
    func readsEverySpellingAsOneCanonicalForm(text: String, canonical: String) throws {
        let instrument = try Instrument(parsing: text)
        #expect(instrument.description == canonical)
        #expect(try Instrument(parsing: instrument.description) == instrument)
    }

    @Test(arguments: [
        ("BT.A", "LSE", "BT.A.LSE"), ("700", "HK", "00700.HK"), ("AAPL", "us", "AAPL.US"),
        ("000001", "sh", "000001.SH"),
    ])
    func readsABareCodeAtTheVenueGiven(text: String, venue: String, canonical: String) throws {
        #expect(try Instrument(parsing: text, venue: venue).description == canonical)
    }

    @Test func theVenueInTheTextWinsOverTheOneGiven() throws {
        #expect(try Instrument(parsing: "AAPL.US", venue: "HK").description == "AAPL.US")
    }

    @Test(
        arguments: [
            "", " ", "AA PL", "700", "12345", "700000", "AAPL.", ".US", ".", "..", "600519.", "ABC.SH", "60051.SH",
            "123456.HK", "7A0.HK", "600519.B", "600519.600519", "../ETC.US", "/ETC.US", "-.US", "A..B.US", "茅台",
            "AAPL\n", "600519.ß", "AAPL.U-S", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456",
        ])
    func refusesWhatIsNoSymbol(text: String) {
        let error = #expect(throws: PluginError.self) { try Instrument(parsing: text) }
        #expect(error?.code == .badRequest)
        #expect(error?.message.contains("is no symbol; allowed CODE.VENUE") == true)
    }

    @Test(arguments: ["S H", "1X", "", "日本"])
    func refusesAVenueThatIsNoName(venue: String) {
        #expect(throws: PluginError.self) { try Instrument(parsing: "ABC", venue: venue) }
    }

    @Test func refusalQuotesTheTextWithoutControlCharacters() {
        let error = #expect(throws: PluginError.self) { try Instrument(parsing: "A\u{1B}[31mB") }
        #expect(error?.message.contains("\u{1B}") == false)
        #expect(error?.message.contains("'A\\u{1B}[31mB'") == true)
    }

    @Test(arguments: [("600519", "SH"), ("920819", "BJ"), ("000001", "SZ"), ("888888", "BJ")])
    func knowsTheMainlandVenueOfACode(code: String, venue: String) {
        #expect(Instrument.mainlandVenue(ofCode: code) == venue)
    }

    @Test(arguments: ["700001", "60051", "6005190", "ABCDEF", ""])
    func knowsNoMainlandVenueOfOtherCodes(code: String) {
        #expect(Instrument.mainlandVenue(ofCode: code) == nil)
    }

    @Test func ordersByVenueThenCode() {
        let sorted = [
            Instrument(code: "MSFT", venue: "US"), Instrument(code: "600519", venue: "SH"),
            Instrument(code: "AAPL", venue: "US"), Instrument(code: "00700", venue: "HK"),
        ].sorted()
        #expect(sorted.map(\.description) == ["00700.HK", "600519.SH", "AAPL.US", "MSFT.US"])
        #expect(InstrumentID(rawValue: 1) < InstrumentID(rawValue: 2))
    }
}
