/// What came of the instruments of one event time, as one of them is compared with all: the same bits in whatever order they came.
package struct SectionStanding: Sendable {
    private let values: [Double]
    private let sum: Double

    /// Takes the measures of one instrument or more, the compared one's among them.
    package init(_ values: [Double]) {
        self.values = values.sorted()
        sum = self.values.reduce(0, +)
    }

    /// What a measure is beside all: how far it lies from the mean, or for a rank where it stands.
    package func compared(_ value: Double, for target: Target) -> Double {
        let count = Double(values.count)
        guard target.kind == .rank else { return value - sum / count }
        let below = place { $0 < value }
        return Double(below + place { $0 <= value }) / 2 / count - 0.5
    }

    /// How many there are from the first on of which a claim holds that does not hold of a greater one when not of a smaller.
    private func place(_ holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(values[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
