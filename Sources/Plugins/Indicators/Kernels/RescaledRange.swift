import RollingStatistics

/// Hurst's rescaled range over the numbers of a full ring.
struct RescaledRange {
    /// The shortest piece that the numbers are cut into.
    private static let shortest = 8

    private let ring: Ring

    init(_ ring: Ring) { self.ring = ring }

    /// Returns how the range of the running sums grows with the length of a piece: the slope in logarithms.
    func exponent(_ memory: borrowing MutableSpan<Double>) -> Double {
        var sums = (count: 0.0, x: 0.0, y: 0.0, xx: 0.0, xy: 0.0)
        var length = ring.period
        while length >= Self.shortest {
            let ratio = meanRatio(length, memory)
            if ratio > 0 {
                let (x, y) = (Double(length).logarithm, ratio.logarithm)
                sums = (sums.count + 1, sums.x + x, sums.y + y, sums.xx + x * x, sums.xy + x * y)
            }
            length /= 2
        }
        let spread = sums.count * sums.xx - sums.x * sums.x
        return sums.count < 2 ? .nan : ((sums.count * sums.xy - sums.x * sums.y) / spread).orUndefined
    }

    /// Mean over the pieces of one length that move at all; 0 where none does.
    private func meanRatio(_ length: Int, _ memory: borrowing MutableSpan<Double>) -> Double {
        var (sum, count) = (0.0, 0.0)
        var end = ring.period
        while end >= length {
            let ratio = ratio((end - length)..<end, memory)
            if ratio > 0 { (sum, count) = (sum + ratio, count + 1) }
            end -= length
        }
        return count == 0 ? 0 : sum / count
    }

    private func ratio(_ places: Range<Int>, _ memory: borrowing MutableSpan<Double>) -> Double {
        var mean = 0.0
        for index in places { mean += ring.value(index, memory) }
        mean /= Double(places.count)
        var (running, highest, lowest, squares) = (0.0, 0.0, 0.0, 0.0)
        for index in places {
            let distance = ring.value(index, memory) - mean
            running += distance
            highest = max(highest, running)
            lowest = min(lowest, running)
            squares += distance * distance
        }
        return squares == 0 ? 0 : (highest - lowest) / (squares / Double(places.count)).squareRoot()
    }
}
