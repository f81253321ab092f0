import PluginKit
import TestSupport
import Testing

@testable import HTTPFetch
@testable import SocketStream

/// Frames, the handshake and the clocks of a WebSocket, without a network.
struct FrameTests {
    private func reader(_ bytes: [UInt8], maximum: Int = 1_000) -> FrameReader {
        var reader = FrameReader(maximumBytes: maximum)
        reader.append(bytes)
        return reader
    }

    private func events(_ reader: inout FrameReader) throws -> [FrameReader.Event] {
        var events: [FrameReader.Event] = []
        while let event = try reader.next() { events.append(event) }
        return events
    }

    @Test func theHandshakeIsThatOfTheStandard() {
        #expect(SocketHandshake.answer(to: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(SHA1.digest(Array("abc".utf8)).prefix(4) == [0xA9, 0x99, 0x3E, 0x36])
        #expect(SHA1.digest([UInt8](repeating: 97, count: 120)).count == 20)
    }

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func base64ComesBack(text: String) {
        let coded = Base64.text(Array(text.utf8))
        #expect(Base64.bytes(coded.utf8) == Array(text.utf8))
        #expect(Base64.bytes(coded.utf8.filter { $0 != UInt8(ascii: "=") }) == Array(text.utf8))
    }

    @Test(arguments: ["Zg=", "Z", "Zg==Zg==", "Z g=", "Zm9v=", "é"])
    func whatIsNoBase64IsNone(text: String) { #expect(Base64.bytes(text.utf8) == nil) }

    @Test func messagesComeWholeHoweverTheyArrive() throws {
        let text = String(repeating: "x", count: 300)
        let bytes: [UInt8] =
            [0x81, 2, 0x68, 0x69, 0x01, 1, 0x61, 0x89, 1, 0x21, 0x80, 1, 0x62, 0x8A, 0, 0x82, 126, 1, 44]
            + Array(text.utf8) + [0x88, 5, 3, 0xE9, 0x62, 0x79, 0x65]
        let expected: [FrameReader.Event] = [
            .message(Array("hi".utf8)), .ping([0x21]), .message(Array("ab".utf8)), .pong, .message(Array(text.utf8)),
            .close(code: 1001, reason: "bye"),
        ]
        var whole = reader(bytes)
        #expect(try events(&whole) == expected)
        var piecewise = reader([])
        var found: [FrameReader.Event] = []
        for byte in bytes {
            piecewise.append([byte])
            found += try events(&piecewise)
        }
        #expect(found == expected)
        #expect(!piecewise.isWithin)
    }

    @Test(
        arguments: [
            ([0xC1, 0], "reserved"), ([0x81, 0x80, 0, 0, 0, 0], "masked"), ([0x83, 0], "kind 3"),
            ([0x80, 0], "not begun"),
            ([0x01, 0, 0x01, 0], "within another"), ([0x09, 0], "in parts"), ([0x89, 126, 0, 126], "long"),
            ([0x88, 1, 3], "half a code"), ([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "longer"),
            ([0x81, 126, 3, 0xE9], "longer"), ([0x01, 3, 1, 1, 1, 0x80, 126, 3, 0xE8], "longer"),
        ] as [([UInt8], String)])
    func whatBreaksTheRulesIsRefused(bytes: [UInt8], words: String) {
        var reader = reader(bytes)
        #expect { _ = try events(&reader) } throws: { ($0 as? FrameReader.Violation)?.message.contains(words) == true }
    }

    @Test func noiseNeverTrapsTheReader() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var reader = reader((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
            _ = try? events(&reader)
            _ = try? SocketHandshake.head((0..<40).map { _ in UInt8.random(in: 10...127, using: &generator) })
        }
    }

    @Test func aClientsFramesAreMaskedAndComeBack() throws {
        for count in [0, 5, 125, 126, 65_535, 65_536] {
            let text = String(repeating: "é", count: count / 2)
            var frame = FrameWriter.text(text)
            let start = [0x80 | 126, 0x80 | 127].contains(frame[1]) ? (frame[1] == 0xFE ? 4 : 10) : 2
            #expect(frame[1] & 0x80 != 0)
            let mask = Array(frame[start..<start + 4])
            frame.removeSubrange(start..<start + 4)
            frame[1] &= 0x7F
            for place in frame.indices[start...] { frame[place] ^= mask[(place - start) & 3] }
            var reader = reader(frame, maximum: 1 << 20)
            #expect(try reader.next() == .message(Array(text.utf8)))
        }
    }

    @Test func pingsComeBeforeSilence() {
        let now = ContinuousClock.now
        var timers = SocketTimers(SocketOptions(silence: .seconds(60)), now: now)
        func at(_ seconds: Int) -> ContinuousClock.Instant { now + .seconds(seconds) }
        #expect(timers.next(repeating: .seconds(15), now: now) == .seconds(15))
        #expect(timers.due(repeating: .seconds(15), now: at(15)) == .repeated)
        #expect(timers.due(repeating: nil, now: at(19)) == nil)
        #expect(timers.due(repeating: nil, now: at(20)) == .ping)
        #expect(timers.due(repeating: nil, now: at(21)) == nil)
        timers.heard(now: at(21))
        #expect(timers.due(repeating: nil, now: at(60)) == .ping)
        #expect(timers.due(repeating: nil, now: at(80)) == .ping)
        #expect(timers.due(repeating: nil, now: at(81)) == .silent)
    }

    @Test func aBreakIsTriedAgainForAWhile() {
        let start = ContinuousClock.now
        var reconnection = Reconnection(.seconds(30))
        #expect(reconnection.fails(now: start) == nil, "a first connection that fails is a fault")
        reconnection.opens(now: start)
        #expect(reconnection.fails(now: start + .seconds(60), chance: 1) == .milliseconds(250))
        #expect(reconnection.fails(now: start + .seconds(61), chance: 0) == .milliseconds(250))
        // It stands, and breaks at once: the count goes on.
        reconnection.opens(now: start + .seconds(62))
        #expect(reconnection.fails(now: start + .seconds(63), chance: 1) == .seconds(1))
        reconnection.opens(now: start + .seconds(64))
        #expect(reconnection.fails(now: start + .seconds(80), chance: 1) == .milliseconds(250))
        for _ in 0..<8 { _ = reconnection.fails(now: start + .seconds(81)) }
        #expect(reconnection.fails(now: start + .seconds(82), chance: 1) == .seconds(8))
        #expect(reconnection.fails(now: start + .seconds(110), chance: 1) == nil)
        var none = Reconnection(.zero)
        none.opens(now: start)
        #expect(none.fails(now: start) == nil)
    }

    @Test(
        arguments: [
            ("wss://stream.binance.com:9443/stream", "https://stream.binance.com:9443/stream"),
            ("ws://127.0.0.1:1", "http://127.0.0.1:1"), ("WS://a", "http://a"), ("http://a", nil), ("wsx://a", nil),
            ("ws:/a", nil), ("", nil),
        ] as [(String, String?)])
    func addressesOfSocketsAreRead(text: String, address: String?) {
        #expect(HTTPAddress(webSocket: text)?.text == address)
    }
}
