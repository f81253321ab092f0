import PluginKit

/// An interval around predictions of one instrument, from how far off the last ones were.
///
/// ## Rule
/// ```
/// e_k = |prediction k - what came|          s_k = mean(e_(k-h-9) ... e_(k-h))       h: horizon
/// score_k = e_k / s_k                       what was known of e when k was predicted
/// interval = prediction -+ s * q            q: the ceil((n + 1) * coverage)-th least of the last n <= 250 scores
/// ```
/// It is a function of the last outcomes alone: a restart that reads these gives the same bits.
///
/// Source: J. Lei and others, *Distribution-Free Predictive Inference for Regression*, JASA 113, 2018 (locally weighted split
/// conformal); over a rolling window, so it follows what changes.
package struct ConformalInterval {
    /// Scores it looks back on at most.
    static let scores = 250
    /// Errors whose mean is the scale.
    static let scale = 10

    /// Share of outcomes that are to lie within, 0.5...0.99.
    let coverage: Double
    private let horizon: Int
    /// Scores it looks back on at least: those of ten horizons, since labels overlap.
    private var least: Int { max(50, min(Self.scores, 10 * horizon)) }
    /// The last errors, oldest first.
    private var errors: [Double] = []
    /// The last scores in their order, and sorted.
    private var order: [Double] = []
    private var sorted: [Double] = []

    /// Creates one that knows nothing.
    package init(coverage: Double, horizon: Int) { (self.coverage, self.horizon) = (coverage, horizon) }

    /// Outcomes that decide it.
    static func depth(horizon: Int) -> Int { scores + scale + horizon }

    /// Takes an outcome; in the order in which predictions were made.
    package mutating func add(error: Double) {
        guard error.isFinite else { return }
        errors.append(error.magnitude)
        if errors.count >= Self.scale + horizon {
            let mean = mean(through: errors.count - 1 - horizon)
            if mean > 0 { add(score: error.magnitude / mean) }
        }
        let needed = Self.scale + horizon
        if errors.count >= 2 * needed + 64 { errors.removeFirst(errors.count - needed) }
    }

    /// Half of the interval's width for a prediction that is made now; `nil` while too little is known.
    package var reach: Double? {
        let rank = Int((Double(order.count + 1) * coverage).rounded(.up))
        guard order.count >= least, rank <= order.count else { return nil }
        return sorted[rank - 1] * mean(through: errors.count - 1)
    }

    private func mean(through last: Int) -> Double {
        errors[last + 1 - Self.scale...last].reduce(0, +) / Double(Self.scale)
    }

    private mutating func add(score: Double) {
        if order.count == Self.scores { sorted.remove(at: place(of: order.removeFirst())) }
        order.append(score)
        sorted.insert(score, at: place(of: score))
    }

    /// The first place of the sorted scores that is not below a score.
    private func place(of score: Double) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < score { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func save(to writer: inout StateWriter) {
        writer.write(errors.count)
        for error in errors { writer.write(error) }
        writer.write(order.count)
        for score in order { writer.write(score) }
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var (errors, order) = ([Double](), [Double]())
        for _ in 0..<(try reader.readInt(in: 0...100_000)) { errors.append(try reader.readDouble()) }
        for _ in 0..<(try reader.readInt(in: 0...Self.scores)) { order.append(try reader.readDouble()) }
        (self.errors, self.order, sorted) = (errors, order, order.sorted())
    }
}
