import Testing

@testable import HTTPFetch

/// Streams of server-sent events as bytes, without a network.
struct ServerEventTests {
    /// What is read of a text that comes in pieces of a size.
    private func events(_ text: String, pieces size: Int = .max, maximum: Int = 1_000) throws -> [[String]] {
        var reader = ServerEventReader(maximumBytes: maximum)
        var events: [ServerEvent] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(size, max(1, bytes.count))) {
            let piece = Array(bytes[start..<min(bytes.count, start + min(size, bytes.count))])
            events += try piece.withUnsafeBytes { try reader.read($0, arrival: 7) }
        }
        #expect(events.allSatisfy { $0.arrival == 7 })
        return events.map { [$0.name, String(decoding: $0.data, as: UTF8.self)] }
    }

    /// The examples of the standard, and line ends of all kinds.
    @Test(arguments: [1, 2, 3, 1_000]) func eventsAreReadHoweverTheyAreCut(size: Int) throws {
        #expect(try events("data: YHOO\ndata: +2\ndata: 10\n\n", pieces: size) == [["message", "YHOO\n+2\n10"]])
        #expect(
            try events(": life\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third", pieces: size)
                == [["message", "first"], ["message", "second"]])
        #expect(try events("data\n\ndata\ndata\n\ndata:", pieces: size) == [["message", ""], ["message", "\n"]])
        #expect(try events("event: add\ndata: 7\n\ndata: 8\n\n", pieces: size) == [["add", "7"], ["message", "8"]])
        #expect(
            try events("data: a\r\n\r\ndata: b\r\rdata: c\n\n\n\n", pieces: size)
                == [["message", "a"], ["message", "b"], ["message", "c"]])
        #expect(try events("\u{FEFF}data: a\n\nretry: 5\n\nevent: x\n\n", pieces: size) == [["message", "a"]])
    }

    @Test func whoIsHeldBackIsNotSilent() throws {
        var (isFull, heard) = (true, 0)
        let flow = EventFlow(0, maximumBytes: 1_000, isFull: { isFull }, now: { 7 }) { _ in heard += 1 }
        let (bounds, options) = (StreamOptions(silence: .zero), HTTPOptions())
        flow.opens()
        func take() throws -> Bool { try Array("data: 1\n\n".utf8).withUnsafeBytes { try flow.take($0) } }
        #expect(try !take() && heard == 1 && flow.silentFrom(bounds, options) == nil)
        isFull = false
        flow.goesOn()
        #expect(try take() && heard == 2)
        #expect(try #require(flow.silentFrom(bounds, options)) <= .now)
    }

    @Test func anEventWithoutEndIsRefused() {
        let text = "data: " + String(repeating: "x", count: 2_000)
        for size in [100, 10_000] {
            #expect(throws: ServerEventReader.TooLong.self) { try events(text, pieces: size) }
        }
        #expect(throws: ServerEventReader.TooLong.self) {
            try events(String(repeating: "data: 12345\n", count: 300), pieces: 100)
        }
    }
}
