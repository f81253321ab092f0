import HostCore
import PluginKit
import Testing

/// The constants come from the same two lanes written down a second time in Python.
struct StableDigestTests {
    @Test func digestsAreTheSameOnEveryRunAndMachine() {
        #expect(StableDigest().text == "6c62272e07bb0142cbf29ce484222325")
        #expect(StableDigest.of([UInt8]()) == "8896f92802fe4a3a22d85fb801f1b909")
        #expect(StableDigest.of(Array("penstock".utf8)) == "8b690a67f5a82905f11c2367f53fac80")
        #expect(StableDigest.of(["a", "bc", "0123456789"]) == "3e37cde98140305ee8918a2e140ea55e")
        var digest = StableDigest()
        digest.add(
            Bar(
                time: 1_362_171_600_000_000_000, open: 1, high: 2.5, low: 0.5, close: 2, volume: 100, amount: 7,
                instrument: id(9)),
            instrument: 42)
        #expect(digest.text == "91d2a7e9cbdbb03531ef9f7d7ba4d3bf")
    }

    @Test func everyByteAndEveryBorderCounts() {
        let texts: [[String]] = [[], [""], ["", ""], ["ab"], ["a", "b"], ["ab", ""], ["b", "a"], ["ab\u{0}"]]
        #expect(Set(texts.map { StableDigest.of($0) }).count == texts.count)
        var digests: Set<String> = []
        let bytes = (0..<40).map { UInt8($0) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                digests.insert(StableDigest.of(changed))
            }
        }
        #expect(digests.count == 320)
        #expect(Set((0...40).map { StableDigest.of(Array(bytes.prefix($0))) }).count == 41)
    }

    @Test func aBarGoesByNameAndNotByTheRunsNumber() {
        func text(_ number: Int, name: UInt64, close: Double = 10) -> String {
            var digest = StableDigest()
            digest.add(bar(number, 1, close: close), instrument: name)
            return digest.text
        }
        #expect(text(1, name: 7) == text(2, name: 7))
        #expect(text(1, name: 7) != text(1, name: 8))
        #expect(text(1, name: 7) != text(1, name: 7, close: 10.000000000000002))
    }
}
