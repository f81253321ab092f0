import PluginKit
import StdioProtocol
import Testing

/// A message of any size travels, one piece at a time.
@Suite struct PartTests {
    private static let limits = ProtocolLimits(line: 4_096, frame: 600)

    private static func numbers(_ count: Int) -> Matrix {
        Matrix(rows: count, columns: 3, values: (0..<3 * count).map { Double($0) / 4 })
    }

    private static let frames: [Frame] = [
        .bars(bars(40)), .matrix(numbers(100)),
        .events(.orderBooks((0..<30).map { CodecTests.book(bids: $0 % 4, asks: 2) })),
        .predictions(
            (0..<50).map { Prediction(time: $0, value: 1, price: 2, instrument: InstrumentID(rawValue: 3)) },
            values: Matrix(rows: 50, columns: 1, values: (0..<50).map { Double($0) })),
        .features(
            (0..<50).map { RowKey(time: $0, price: 1, instrument: InstrumentID(rawValue: 3)) },
            values: Matrix(rows: 50, columns: 2, values: (0..<100).map { Double($0) })),
        .bytes((0..<2_000).map { UInt8($0 % 251) }),
    ]

    /// The pieces of a message.
    private func pieces(_ message: Message, _ form: Message.FrameForm) -> [[UInt8]] {
        var encoder = MessageEncoder(message, form: form, limits: Self.limits)
        var pieces: [[UInt8]] = []
        var bytes: [UInt8] = []
        while encoder.append(to: &bytes) {
            pieces.append(bytes)
            bytes = []
        }
        return pieces
    }

    @Test(arguments: [Message.FrameForm.binary, .json]) func framesOfAnySizeReadBackEqual(
        _ form: Message.FrameForm
    ) throws {
        let messages =
            Self.frames.map { Message("x", id: 7, ["a": .integer(1)], frames: [$0]) }
            + [Message("y", id: 8, frames: [.matrix(Self.numbers(2)), .bytes([1]), .matrix(Self.numbers(90))])]
        for message in messages {
            let pieces = pieces(message, form)
            #expect(pieces.count > 2)
            var decoder = MessageDecoder(limits: ProtocolLimits(line: 4_096, frame: 600))
            for piece in pieces.dropLast() {
                decoder.feed(piece)
                #expect(try decoder.next() == nil)
            }
            decoder.feed(pieces.last ?? [])
            let read = try #require(try decoder.next())
            #expect(read.body == message.body && read.type == message.type)
            #expect(read.frames.map { String(describing: $0) } == message.frames.map { String(describing: $0) })
        }
    }

    @Test func aMessageThatFitsHasNoParts() {
        #expect(pieces(Message("x", id: 7, frames: [.matrix(Self.numbers(5)), .bytes([])]), .binary).count == 1)
    }

    @Test func refusesPartsThatDoNotFollowEachOther() throws {
        let wrong: [[Message]] = [
            [Message("part", id: 1, ["frame": .integer(1)], frames: [.bytes([1])])],
            [Message("part", id: 0, ["frame": .integer(0)], frames: [.bytes([1])])],
            [Message("part", id: 1, ["frame": .integer(-1)], frames: [.bytes([1])])],
            [Message("part", id: 1, ["frame": .integer(0)])],
            [
                Message("part", id: 1, ["frame": .integer(0)], frames: [.bytes([1])]),
                Message("part", id: 1, ["frame": .integer(0)], frames: [.matrix(Self.numbers(1))]), Message("x", id: 1),
            ],
        ]
        for messages in wrong {
            var decoder = MessageDecoder()
            for message in messages { decoder.feed(message.encoded()) }
            let error = #expect(throws: ProtocolError.self) { try decoder.next() }
            #expect(error?.code == .message)
        }
    }

    @Test func refusesMorePartsThanItHasRoomFor() throws {
        var decoder = MessageDecoder(limits: ProtocolLimits(message: 1_000))
        let part = Message("part", id: 1, ["frame": .integer(0)], frames: [.bytes([UInt8](repeating: 1, count: 400))])
        for _ in 0..<2 { decoder.feed(part.encoded()) }
        #expect(try decoder.next() == nil)
        decoder.feed(part.encoded())
        let error = #expect(throws: ProtocolError.self) { try decoder.next() }
        #expect(error?.code == .tooLarge)
    }

    /// A book takes many times more room in memory than on the wire, and the limit is one of memory.
    @Test func countsBooksByTheirRoomInMemory() throws {
        var decoder = MessageDecoder(limits: ProtocolLimits(message: 100_000))
        let books = (0..<200).map { _ in CodecTests.book(bids: 0, asks: 0) }
        decoder.feed(Message("part", id: 1, ["frame": .integer(0)], frames: [.events(.orderBooks(books))]).encoded())
        #expect(throws: ProtocolError.self) { try decoder.next() }
    }
}
