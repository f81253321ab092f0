/// Where the numbers of the rows lie that a fit has learned from.
///
/// ## Rule
/// ```
/// a, b = the 0.5 % and the 99.5 % quantile of a feature over what was learned from
/// a row is outside where one of its features is below a - (b - a) / 2 or above b + (b - a) / 2
/// ```
/// Trees answer there as at the edge, lines go on as they like: neither has seen it.
package struct FeatureDomain: Codable, Sendable, Hashable {
    /// The ends, one a feature, in the order of the model's columns.
    package let low: [Double]
    package let high: [Double]

    /// Finds the ends over rows of `width` numbers; what is no number is left out, and a feature without any has no ends.
    package init(_ values: [Double], width: Int) {
        var (low, high) = ([Double](), [Double]())
        for column in 0..<width {
            let sorted = stride(from: column, to: values.count, by: width).map { values[$0] }.filter(\.isFinite)
                .sorted()
            guard let first = sorted.first, let last = sorted.last else {
                low.append(-.greatestFiniteMagnitude)
                high.append(.greatestFiniteMagnitude)
                continue
            }
            let cut = sorted.count / 200
            let (near, far) = cut > 0 ? (sorted[cut], sorted[sorted.count - 1 - cut]) : (first, last)
            low.append(near - (far - near) / 2)
            high.append(far + (far - near) / 2)
        }
        (self.low, self.high) = (low, high)
    }

    /// Whether a row lies within; a feature without a value, as of a member that gave none, counts as within.
    func holds(_ row: ArraySlice<Double>) -> Bool {
        guard row.count == low.count else { return true }
        return row.enumerated().allSatisfy { column, value in !(value < low[column] || value > high[column]) }
    }
}
