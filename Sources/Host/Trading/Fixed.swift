/// A price of one share, or a count of shares, contracts or coins, in whole units of 1e-8.
package struct Fixed: Sendable, Hashable, Comparable, Codable {
    /// How many units are one.
    package static let scale: Int64 = 100_000_000
    /// None.
    package static let zero = Fixed(raw: 0)

    /// Units of 1e-8.
    package var raw: Int64

    /// Creates a value of so many units of 1e-8.
    package init(raw: Int64) { self.raw = raw }

    /// Creates a whole number; what 64 bits do not hold is the most they do.
    package init(_ whole: Int64) {
        let (value, overflows) = whole.multipliedReportingOverflow(by: Self.scale)
        raw = overflows ? (whole < 0 ? -.max : .max) : value
    }

    /// Creates the value nearest to a number; `nil` where it is not finite or beyond 9e10 either way.
    package init?(_ number: Double) {
        guard number.magnitude < 9e10 else { return nil }
        raw = Int64((number * Double(Self.scale)).rounded())
    }

    /// The nearest number.
    package var number: Double { Double(raw) / Double(Self.scale) }

    /// Orders by size.
    package static func < (left: Fixed, right: Fixed) -> Bool { left.raw < right.raw }
    /// The sum.
    package static func + (left: Fixed, right: Fixed) -> Fixed { Fixed(raw: left.raw &+ right.raw) }
    /// The difference.
    package static func - (left: Fixed, right: Fixed) -> Fixed { Fixed(raw: left.raw &- right.raw) }
    /// Adds.
    package static func += (left: inout Fixed, right: Fixed) { left = left + right }
    /// Takes away.
    package static func -= (left: inout Fixed, right: Fixed) { left = left - right }

    /// Returns the greatest multiple of a step that is not above; `step` is above 0.
    func floored(to step: Fixed) -> Fixed { Fixed(raw: raw - raw.flooredRemainder(step.raw)) }

    /// Returns the multiple of a step that is nearest, a half upwards; `step` is above 0.
    func rounded(to step: Fixed) -> Fixed { Fixed(raw: raw &+ step.raw / 2).floored(to: step) }

    /// Returns a fraction of it, in units of 1e-9 as fees have them, rounded to the nearest.
    func part(_ billionths: Int64) -> Fixed {
        Fixed(raw: raw.multipliedAndDivided(billionths, by: 1_000_000_000))
    }
}

extension Int64 {
    /// Returns what is left of a division rounded down; never negative, `divisor` is above 0.
    func flooredRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }

    /// Returns a product divided by a number above 0, rounded to the nearest, a half away from 0; what 64 bits do not hold is the
    /// most they do.
    func multipliedAndDivided(_ factor: Int64, by divisor: Int64) -> Int64 {
        let isNegative = (self < 0) != (factor < 0)
        let (high, low) = magnitude.multipliedFullWidth(by: factor.magnitude)
        let (rounded, carry) = low.addingReportingOverflow(divisor.magnitude / 2)
        let top = high &+ (carry ? 1 : 0)
        guard top < divisor.magnitude else { return isNegative ? -.max : .max }
        let quotient =
            top == 0 ? rounded / divisor.magnitude : divisor.magnitude.dividingFullWidth((top, rounded)).quotient
        guard quotient <= UInt64(Int64.max) else { return isNegative ? -.max : .max }
        return isNegative ? -Int64(quotient) : Int64(quotient)
    }
}
