/// What a value says of its place among those of the other instruments at one event time.
///
/// Values are taken in ascending order, so a result has the same bits in whatever order instruments come.
public enum CrossRule: String, Sendable, CaseIterable {
    /// Its rank as a fraction of their count, 0 ... 1; equal values share the mean of their ranks.
    case rank
    /// Its distance from their mean in standard deviations (of the sample, n - 1).
    case zscore
    /// Its distance from their mean.
    case demean

    /// Returns what becomes of each of some values, which are finite and ascend; NaN where it is undefined: the z-score of
    /// one value, or of values that are all equal.
    ///
    /// `rank` as pandas 2.x gives with `rank(pct=True)`, `zscore` as `(x - x.mean()) / x.std()`, to a relative 1e-12.
    public func results(_ values: [Double]) -> [Double] {
        guard let first = values.first, let last = values.last else { return [] }
        switch self {
        case .rank: return Self.ranks(values)
        case .demean:
            let mean = Self.mean(values)
            return values.map { $0 - mean }
        case .zscore:
            guard first < last else { return values.map { _ in .nan } }
            let mean = Self.mean(values)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let deviation = (squares / Double(values.count - 1)).squareRoot()
            return values.map { ($0 - mean) / deviation }
        }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func ranks(_ values: [Double]) -> [Double] {
        var ranks: [Double] = []
        while ranks.count < values.count {
            let start = ranks.count
            var end = start + 1
            while end < values.count, values[end] == values[start] { end += 1 }
            let mean = Double(start + 1 + end) / 2
            ranks += repeatElement(mean / Double(values.count), count: end - start)
        }
        return ranks
    }
}
