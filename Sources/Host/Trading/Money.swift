/// An amount of money in whole units of 1/10,000 of the currency.
package struct Money: Sendable, Hashable, Comparable, Codable {
    /// How many units are one.
    package static let scale: Int64 = 10_000
    /// None.
    package static let zero = Money(units: 0)
    /// A hundredth of the currency, what fees are rounded to.
    package static let cent = Money(units: 100)

    /// Units of 1/10,000.
    package var units: Int64

    /// Creates an amount of so many units of 1/10,000.
    package init(units: Int64) { self.units = units }

    /// Creates the amount nearest to a number; `nil` where it is not finite or beyond 9e14 either way.
    package init?(_ number: Double) {
        guard number.magnitude < 9e14 else { return nil }
        units = Int64((number * Double(Self.scale)).rounded())
    }

    /// Creates what a quantity is worth at a price, to the nearest unit; what 64 bits do not hold is the most they do.
    @inline(__always)
    package init(_ quantity: Fixed, at price: Fixed) {
        units = quantity.raw.multipliedAndDivided(price.raw, by: 1_000_000_000_000)
    }

    /// The nearest number.
    package var number: Double { Double(units) / Double(Self.scale) }

    /// Orders by size.
    package static func < (left: Money, right: Money) -> Bool { left.units < right.units }
    /// The sum; what 64 bits do not hold is the most they do.
    package static func + (left: Money, right: Money) -> Money {
        let (sum, overflows) = left.units.addingReportingOverflow(right.units)
        return Money(units: overflows ? (right.units < 0 ? -.max : .max) : sum)
    }
    /// The difference.
    package static func - (left: Money, right: Money) -> Money { left + Money(units: -right.units) }
    /// Adds.
    package static func += (left: inout Money, right: Money) { left = left + right }
    /// Takes away.
    package static func -= (left: inout Money, right: Money) { left = left - right }

    /// Returns a fraction of it in units of 1e-9, rounded to the nearest 1/10,000.
    func part(_ billionths: Int64) -> Money {
        Money(units: units.multipliedAndDivided(billionths, by: 1_000_000_000))
    }
}
