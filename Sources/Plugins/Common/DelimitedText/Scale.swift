/// A factor for written numbers. A power of ten moves the decimal point before the number is rounded, so 297042.66
/// lots of 100 are exactly 29704266 shares.
public struct Scale: Sendable, Hashable {
    private let factor: Double
    private let exponent: Int

    /// Creates a factor.
    public init(_ value: Double) {
        exponent = DecimalText.powerOfTen(value) ?? 0
        factor = exponent == 0 ? value : 1
    }

    /// Reads a field of a record as a number times the factor; `nil` where it is none.
    public func number(_ reader: RecordReader, _ field: Int) -> Double? {
        times(reader.number(field, timesTenTo: exponent))
    }

    /// Reads a text as a number times the factor; `nil` where it is none.
    public func number(_ text: String) -> Double? {
        times(DecimalText.number(text.utf8.span, timesTenTo: exponent))
    }

    private func times(_ value: Double?) -> Double? { factor == 1 ? value : value.map { $0 * factor } }
}

/// What volume is counted in.
public enum VolumeUnit: String, CaseIterable, Sendable {
    /// Shares, contracts or coins.
    case shares
    /// Lots, of a size that is said beside.
    case lots
    /// Thousands of shares.
    case thousands
    /// Ten thousands of shares (万).
    case tenThousands = "ten_thousands"
    /// Millions of shares.
    case millions

    /// How many shares one unit is.
    public func shares(lotSize: Int) -> Double {
        switch self {
        case .shares: 1
        case .lots: Double(lotSize)
        case .thousands: 1_000
        case .tenThousands: 10_000
        case .millions: 1_000_000
        }
    }
}
