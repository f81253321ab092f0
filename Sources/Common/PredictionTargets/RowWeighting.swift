/// How much each row counts in a fit.
package struct RowWeighting: Sendable, Hashable, CustomStringConvertible {
    /// Event times after which a row counts half; `nil` for never.
    package let halfLife: Int?
    /// Whether a row counts by the share of its label that it has for itself: labels of neighbouring rows overlap over the horizon.
    package let isByUniqueness: Bool

    /// Creates a weighting.
    package init(halfLife: Int?, isByUniqueness: Bool) {
        (self.halfLife, self.isByUniqueness) = (halfLife, isByUniqueness)
    }

    /// What a fit depends on: `half_life 250, uniqueness`.
    package var description: String {
        ((halfLife.map { ["half_life \($0)"] } ?? []) + (isByUniqueness ? ["uniqueness"] : [])).joined(separator: ", ")
    }
}
