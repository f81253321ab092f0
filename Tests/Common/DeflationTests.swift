import Deflation
import Testing

@Suite struct DeflationTests {
    private static let samples: [[UInt8]] = [
        [], [7], Array("a,b,c\n".utf8), Array(repeating: 65, count: 100_000),
        (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) },
    ]

    @Test(arguments: samples) func whatWasPackedComesBack(bytes: [UInt8]) throws {
        let member = try #require(Deflation.gzip(bytes))
        #expect(Array(member.prefix(2)) == [0x1F, 0x8B])
        #expect(try Deflation.unpacked(gzip: member, limit: 1 << 20) == bytes)
        let message = try #require(Deflation.message(bytes))
        #expect(try Deflation.unpacked(message: message, limit: 1 << 20) == bytes)
    }

    /// RFC 7692, 7.2.3.1 and 7.2.3.3: "Hello", packed in a block with fixed codes and in one without packing.
    @Test(arguments: [
        [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00] as [UInt8],
        [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
    ])
    func readsTheExamplesOfTheStandard(packed: [UInt8]) throws {
        #expect(try Deflation.unpacked(message: packed, limit: 100) == Array("Hello".utf8))
    }

    @Test func aMessageThatGrowsBeyondTheLimitIsRefused() throws {
        let packed = try #require(Deflation.message(Array(repeating: 0, count: 1 << 20)))
        #expect(packed.count < 2_000)
        #expect(throws: Deflation.Fault.tooLarge) { try Deflation.unpacked(message: packed, limit: 65_536) }
    }

    @Test func damagedBytesAreRefused() throws {
        let member = try #require(Deflation.gzip(Array("AAPL,600519".utf8)))
        #expect(throws: Deflation.Fault.damaged) { try Deflation.unpacked(gzip: member.dropLast(9) + [1], limit: 99) }
        #expect(throws: Deflation.Fault.damaged) { try Deflation.unpacked(message: [0xFF, 0xFF, 0xFF], limit: 99) }
        for length in 0..<member.count {
            #expect(throws: Deflation.Fault.damaged) {
                try Deflation.unpacked(gzip: Array(member.prefix(length)), limit: 99)
            }
        }
    }
}
