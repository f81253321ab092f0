import PluginKit
import StdioProtocol
import Testing

/// Numbers for random bytes with a fixed seed.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite struct CodecTests {
    static let frames: [Frame] = [
        .bars(bars(3)), .bars([]),
        .events(
            .quotes([
                Quote(time: -5, bid: 1, ask: .infinity, bidSize: 2, askSize: 3, instrument: InstrumentID(rawValue: 9))
            ])),
        .events(
            .trades([Trade(time: 7, price: 1.5, size: 2, side: .sell, instrument: InstrumentID(rawValue: 1))])),
        .events(.orderBooks([book(bids: 2, asks: 3), book(bids: 0, asks: 0), book(bids: 20, asks: 1)])),
        .events(.orderBooks([book(bids: 0, asks: 0)])), .events(.orderBooks([])),
        .events(
            .figures([
                Figure(time: 9, periodEnd: 3, value: 1e9, name: .unnamed, instrument: InstrumentID(rawValue: 4))
            ])),
        .events(
            .factors([Factor(time: 9, announced: 3, ratio: 2, cash: 0.5, instrument: InstrumentID(rawValue: 4))])),
        .matrix(Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])), .bytes([1, 2, 3]), .bytes([]),
        .predictions(
            [Prediction(time: 1, value: 0.5, price: 10, instrument: InstrumentID(rawValue: 2))],
            values: Matrix(rows: 1, columns: 2, values: [0.5, 0.25])),
        .features(
            [RowKey(time: 1, price: 10, instrument: InstrumentID(rawValue: 2), flags: .stale)],
            values: Matrix(rows: 1, columns: 2, values: [.nan, 0.25])),
    ]

    static func book(bids: Int, asks: Int) -> OrderBook {
        func side(_ count: Int) -> [OrderBook.Level] { (0..<count).map { .init(price: Double($0), size: 1) } }
        return OrderBook(
            time: 5, sequence: 77, bids: side(bids), asks: side(asks), instrument: InstrumentID(rawValue: 2))
    }

    @Test func eventsOfAnyKindReadBackEqual() throws {
        for frame in Self.frames {
            guard case .events(let batch) = frame, batch.kind != .bar else { continue }
            for form in [Message.FrameForm.binary, .json] {
                if form == .json, batch.kind == .quote { continue }  // JSON has no infinity.
                var decoder = MessageDecoder()
                decoder.feed(Message("x", id: 7, frames: [frame]).encoded(form))
                #expect(try decoder.next()?.frames == [frame])
            }
        }
    }

    @Test func refusesAFigureWithoutName() throws {
        let figure = Figure(time: 9, periodEnd: 3, value: 1, name: .unnamed, instrument: InstrumentID(rawValue: 4))
        var bytes = Message("x", id: 7, frames: [.events(.figures([figure]))]).encoded()
        let place = try #require(bytes.firstRange(of: Array("unnamed".utf8)))
        bytes[place.lowerBound] = 0xFF
        var decoder = MessageDecoder()
        decoder.feed(bytes)
        #expect(throws: ProtocolError.self) { try decoder.next() }
    }

    @Test(arguments: frames) func binaryFrameReadsBackBitForBit(_ frame: Frame) throws {
        let bytes = Message("x", id: 7, ["a": .text("é\"\n")], frames: [frame]).encoded()
        var decoder = MessageDecoder()
        for byte in bytes.dropLast() {
            decoder.feed([byte])
            #expect(try decoder.next() == nil)
        }
        decoder.feed(bytes.suffix(1))
        let message = try #require(try decoder.next())
        #expect(message.encoded() == bytes)
        #expect(message.body["a"]?.text == "é\"\n")
    }

    @Test func jsonFramesReadBack() throws {
        let sent: [Frame] = [.matrix(Matrix(rows: 1, columns: 2, values: [1.5, -3])), .bytes([0, 255])]
        let bytes = Message("x", id: 7, frames: sent).encoded(.json)
        var decoder = MessageDecoder()
        decoder.feed(bytes)
        #expect(try decoder.next()?.frames == sent)
    }

    @Test func refusesHugeLengthBeforeItAllocates() {
        var bytes = Message("x", id: 7, frames: [.bytes([1])]).encoded()
        for index in 0..<8 { bytes[bytes.count - 16 + index] = 0x7F }
        var decoder = MessageDecoder()
        decoder.feed(bytes)
        let error = #expect(throws: ProtocolError.self) { try decoder.next() }
        #expect(error?.code == .tooLarge)
    }

    @Test func refusesLineWithoutEnd() {
        var decoder = MessageDecoder(limits: ProtocolLimits(line: 100))
        decoder.feed(Array("{".utf8) + Array(repeating: UInt8(ascii: " "), count: 200))
        #expect(throws: ProtocolError.self) { try decoder.next() }
        #expect(decoder.waiting == 0)
    }

    @Test func refusesFrameOfAnotherMessage() {
        var bytes = Array(#"{"type":"x","id":8,"frames":1}"#.utf8) + [UInt8(ascii: "\n")]
        Frame.bytes([1]).append(to: &bytes, id: 9)
        var decoder = MessageDecoder()
        decoder.feed(bytes)
        #expect(throws: ProtocolError.self) { try decoder.next() }
    }

    @Test(arguments: [
        "{", "{\"type\":1}", "{\"type\":\"x\",\"id\":-1}", "{\"type\":\"x\",\"frames\":9}", "{\"a\":01,\"type\":\"x\"}",
        "{\"type\":\"x\",\"type\":\"y\"}", "{\"type\":\"\\ud800\"}", "{\"type\":\"x\",\"a\":1e999}",
        "{\"type\":\"x\"} y",
        "{\"type\":\"x\",\"frames\":[{\"kind\":\"bytes\",\"rows\":1,\"columns\":[[256]]}]}",
        "{\"type\":\"x\",\"frames\":[{\"kind\":\"bars\",\"rows\":1,\"columns\":[]}]}",
        "{\"type\":\"x\",\"a\":" + String(repeating: "[", count: 100_000), "hello",
    ]) func refusesLine(_ line: String) {
        var decoder = MessageDecoder()
        decoder.feed(Array(line.utf8) + [UInt8(ascii: "\n")])
        #expect(throws: ProtocolError.self) { try decoder.next() }
    }

    @Test func readsNumbersOfAnyLength() throws {
        let (threes, zeros) = (String(repeating: "3", count: 200), String(repeating: "0", count: 300))
        for (text, value) in [("0.\(threes)", 1.0 / 3), ("1\(zeros)", 1e300), ("-0.\(zeros)25e301", -2.5)] {
            #expect(try JSONReader.read(Array(text.utf8)[...]).number == value)
        }
    }

    @Test func saysWhereTheStreamWasCut() throws {
        var decoder = MessageDecoder()
        decoder.feed(Message("x", id: 7, frames: [.bytes([1])]).encoded().dropLast())
        #expect(try decoder.next() == nil)
        let error = #expect(throws: ProtocolError.self) { try decoder.end() }
        #expect(error?.code == .truncated)
    }

    @Test(arguments: 0..<8) func survivesDamagedBytes(_ seed: UInt64) {
        var dice = Dice(state: seed &+ 1)
        let valid = Message("x", id: 7, ["n": .number(1.5)], frames: Self.frames).encoded()
        for _ in 0..<400 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                bytes[Int.random(in: 0..<bytes.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &dice))
            var decoder = MessageDecoder(limits: ProtocolLimits(line: 4_096, frame: 65_536))
            decoder.feed(bytes)
            var messages = 0
            while let message = try? decoder.next() { messages += message.type.isEmpty ? 0 : 1 }
            #expect(messages <= 1)
        }
    }
}
