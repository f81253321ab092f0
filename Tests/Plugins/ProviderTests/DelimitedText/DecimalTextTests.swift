import DelimitedText
import TestSupport
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        "0", "-0", "1", "-12", "+7", "1.5", ".5", "5.", "118.56", "4.186662803811", "-0.07499999999999929", "9616100",
        "17430000000000057", "9007199254740993", "1e22", "1e23", "1e-22", "1e-23", "2.2250738585072014e-308",
        "4.9e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "123456789012345678901234567890", "0.1e-5", "1E3",
        "0.00000000000000000000000000001", "8.98846567431158e307", "9007199254740992.5", "1e0000000000000000001",
    ])
    func equalsTheStandardLibrary(text: String) throws {
        let expected = try #require(Double(text))
        #expect(number(text)?.bitPattern == expected.bitPattern)
    }

    @Test func randomNumbersEqualTheStandardLibrary() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50_000 {
            let digits = UInt64.random(
                in: 0...(.max >> UInt64.random(in: 0...60, using: &generator)), using: &generator)
            let text = "\(digits)e\(Int.random(in: -40...30, using: &generator))"
            let pointed = String(text.prefix(1)) + "." + text.dropFirst()
            for candidate in [text, pointed] {
                let expected = try #require(Double(candidate))
                if number(candidate)?.bitPattern != expected.bitPattern { Issue.record("\(candidate)") }
            }
        }
    }

    @Test func printedNumbersComeBack() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: .random(in: 0...(.max), using: &generator))
            guard value.isFinite else { continue }
            if number(value.description)?.bitPattern != value.bitPattern { Issue.record("\(value)") }
        }
    }

    @Test(arguments: [
        "", " ", "nan", "NaN", "inf", "-", "+", ".", "e5", "1e", "1e+", "0x10", "1,234", "1 2", "1.2.3", "--1", "1e400",
        "12a", "\u{0}1", "1\u{0}", "１", "null", "1e5.5",
    ])
    func refuses(text: String) {
        #expect(number(text) == nil)
    }

    @Test func spacesAroundAreAllowed() {
        #expect(number(" \t1.5 ") == 1.5)
    }

    @Test(arguments: [
        ("297042.66", 2, 29_704_266.0), ("1185600", -4, 118.56), ("0.1", 1, 1.0), ("1.005", 2, 100.5),
        ("394184.551", 3, 394_184_551.0),
        ("12345678901234567890123", -20, 123.45678901234567890123),
    ])
    func scaleMovesThePointBeforeRounding(text: String, exponent: Int, expected: Double) {
        #expect(number(text, exponent) == expected)
    }

    @Test func tellsPowersOfTen() {
        #expect(DecimalText.powerOfTen(0.0001) == -4)
        #expect(DecimalText.powerOfTen(1) == 0)
        #expect(DecimalText.powerOfTen(100) == 2)
        #expect(DecimalText.powerOfTen(200) == nil)
    }

    private func number(_ text: String, _ exponent: Int = 0) -> Double? {
        let bytes = Array(text.utf8)
        return DecimalText.number(bytes.span, timesTenTo: exponent)
    }
}
