import Foundation
import PluginKit
import RecordText
import Testing

@Suite struct RecordTextTests {
    private func objects(_ batch: RecordBatch) -> [String] {
        var json = RecordJSON(instruments: Names())
        var objects: [String] = []
        json.forEachRow(of: batch) { row, object in
            #expect(row == objects.count)
            objects.append(String(decoding: object, as: UTF8.self))
        }
        return objects
    }

    private let head =
        #""pipeline":"main","source":"history","instrument":"AAPL.US","time":"2013-03-01T21:00:00Z","#
        + #""timeframe":"1d","sequence":7"#

    @Test func writesBars() {
        var bar = makeBars(0..<1)[0]
        bar.flags = [.partial, .adjusted]
        let own = #""open":430.0,"high":431.25,"low":429.0,"close":430.47,"volume":19730000.0,"amount":null,"#
        let expected = #"{"kind":"bars",\#(head),\#(own)"flags":["partial","adjusted"]}"#
        #expect(objects(batch(.bars([bar]))) == [expected])
    }

    @Test func writesFeatures() {
        let expected =
            #"{"kind":"features",\#(head),"price":430.47,"features":{"rsi14":null,"macd.signal":0.5},"flags":[]}"#
        #expect(objects(batch(.features(makeFeatures(0..<1)))) == [expected])
    }

    @Test func writesPredictionsWithFurtherOutputs() {
        let numbers = #""model":"next_day","target":"return over 1 bar","value":0.00123,"price":430.47,"#
        let own = #"\#(numbers)"flags":["stale","after_rejected"]"#
        let plain = #"{"kind":"predictions",\#(head),\#(own)}"#
        #expect(objects(batch(.predictions(makePredictions(0..<1)))) == [plain])
        let two = makePredictions(0..<1, outputs: ["value", "variance", "close"])
        let wide = #"{"kind":"predictions",\#(head),\#(own),"outputs":{"variance":0.25,"close":0.5}}"#
        #expect(objects(batch(.predictions(two))) == [wide])
    }

    @Test func writesAlertsAndStatus() throws {
        let own = #""rule":"stale_prediction","severity":"warning","message":"bar is 5 days old,\nsee \"history\"""#
        #expect(objects(batch(.alerts([alert]))) == [#"{"kind":"alerts",\#(head),\#(own)}"#])
        let found = try #require(objects(batch(.status([status]))).first)
        let object = try JSONSerialization.jsonObject(with: Data(found.utf8)) as? [String: Any]
        #expect(object?["instrument"] is NSNull)
        #expect(object?["time"] as? String == "2013-03-01T21:00:00.0015Z")
        #expect(object?["state"] as? String == "degraded")
    }

    @Test func writesEveryKindOfEventFromItsDescription() throws {
        let names = try #require(FigureName("revenue"))
        let contents: [RecordBatch.Content] = [
            .quotes([Quote(time: march, bid: 1, ask: 2, bidSize: 3, askSize: .nan, instrument: apple)]),
            .trades([Trade(time: march, price: 1, size: 2, side: .sell, instrument: apple, flags: .suspect)]),
            .orderBooks([
                OrderBook(
                    time: march, sequence: 9, bids: [.init(price: 1, size: 2)], asks: [], instrument: apple)
            ]),
            .figures([Figure(time: march, periodEnd: march, value: 1.5, name: names, instrument: apple)]),
            .factors([Factor(time: march, ratio: 2, instrument: apple)]),
        ]
        let own = [
            #""bid":1.0,"ask":2.0,"bid_size":3.0,"ask_size":null,"flags":[]"#,
            #""price":1.0,"size":2.0,"flags":["suspect"],"side":"sell""#,
            #""update":9,"flags":[],"levels":{"bid1":1.0,"bid_size1":2.0,"bid2":null"#,
            #""period_end":"2013-03-01T21:00:00Z","value":1.5,"name":"revenue","flags":[]"#,
            #""announced":"2013-03-01T21:00:00Z","ratio":2.0,"cash":0.0,"rights":0.0,"rights_price":0.0,"flags":[]"#,
        ]
        for (content, fields) in zip(contents, own) {
            let made = batch(content)
            let found = try #require(objects(made).first)
            #expect(found.hasPrefix(#"{"kind":"\#(made.kind.rawValue)",\#(head),\#(fields)"#))
        }
    }
}
