import PluginKit
import Testing

struct StateCodingTests {
    private var written: [UInt8] {
        var writer = StateWriter()
        writer.write(-5)
        writer.write(Double.pi)
        writer.write([1.5, -.infinity, 0])
        writer.write([Int.min, 0, .max])
        return writer.bytes
    }

    private func read(_ bytes: [UInt8]) throws(PluginError) -> (Int, Double, [Double], [Int], Bool) {
        var reader = StateReader(bytes)
        let whole = try reader.readInt(in: -10...10)
        let number = try reader.readDouble()
        let numbers = try reader.readDoubles(count: 3)
        let wholes = try reader.readInts(count: 3)
        return (whole, number, numbers, wholes, reader.isAtEnd)
    }

    @Test func readsBackWhatWasWritten() throws {
        let (whole, number, numbers, wholes, isAtEnd) = try read(written)
        #expect(whole == -5)
        #expect(number == .pi)
        #expect(numbers == [1.5, -.infinity, 0])
        #expect(wholes == [.min, 0, .max])
        #expect(isAtEnd)
    }

    @Test func roomThatIsReservedChangesNothingOfWhatIsWritten() {
        var roomy = StateWriter(reserving: 4_096)
        #expect(roomy.bytes.isEmpty)
        roomy.write([1.5, -.infinity, 0])
        var plain = StateWriter()
        plain.write([1.5, -.infinity, 0])
        #expect(roomy.bytes == plain.bytes)
    }

    @Test func writesEightBytesLittleEndian() {
        var writer = StateWriter()
        writer.write(0x0102)
        #expect(writer.bytes == [2, 1, 0, 0, 0, 0, 0, 0])
    }

    @Test func keepsTheBitsOfNaN() throws {
        let odd = Double(bitPattern: 0x7FF8_0000_0000_1234)
        var writer = StateWriter()
        writer.write(odd)
        var reader = StateReader(writer.bytes)
        #expect(try reader.readDouble().bitPattern == odd.bitPattern)
    }

    @Test func everyTruncationIsCorrupted() {
        for length in 0..<written.count {
            let error = #expect(throws: PluginError.self) { try read(Array(written.prefix(length))) }
            #expect(error?.code == .corrupted)
        }
    }

    @Test(arguments: [0, 16, 48])
    func aCountOtherThanExpectedIsCorrupted(offset: Int) {
        var bytes = written
        bytes[offset + 7] = 0x7F
        let error = #expect(throws: PluginError.self) { try read(bytes) }
        #expect(error?.code == .corrupted)
    }

    @Test func aHugeExpectedCountIsRefusedBeforeMemoryIsTaken() {
        var writer = StateWriter()
        writer.write(Int.max)
        for reads in [true, false] {
            var reader = StateReader(writer.bytes)
            let error = #expect(throws: PluginError.self) {
                if reads { _ = try reader.readDoubles(count: .max) } else { _ = try reader.readInts(count: .max) }
            }
            #expect(error?.message.contains("it ends too early") == true)
        }
    }

    @Test func randomBytesNeverTrap() {
        var generator = SystemGenerator(state: 7)
        for _ in 0..<500 {
            let bytes = (0..<Int(generator.next() % 90)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            _ = try? read(bytes)
        }
    }
}

/// A repeatable source of bits.
private struct SystemGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
