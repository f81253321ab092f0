import PluginKit

/// Least squares with exponential forgetting, one observation at a time.
///
/// After n observations the weights minimise `sum l^(n - i) (y_i - w x_i)^2 + l^n |w|^2 / start`, where `l` is the forgetting
/// factor. The covariance is kept as `P = U D U'`, `U` with a unit diagonal: an update changes the factors (G. Bierman, 1976), so `P`
/// stays symmetric and positive whatever rounding does. Where nothing new is learned of a direction, forgetting would let its
/// variance grow without end, and with it the jump of the weights at the next observation; so no variance of `D` grows beyond
/// a hundred times `start`. Only where that bound is reached do the weights differ from the minimum.
struct RecursiveLeastSquares: Sendable, Equatable {
    /// The forgetting factor, above 0, at most 1.
    let forgetting: Double
    /// Variance of each weight before anything is known of it.
    let start: Double
    /// What no variance grows beyond.
    private var bound: Double { 100 * start }
    private(set) var weights: [Double]
    /// `D`.
    private(set) var variances: [Double]
    /// `U` above the diagonal, column after column.
    private(set) var upper: [Double]
    // Reused, so that an update allocates nothing.
    private var projected: [Double]
    private var gain: [Double]

    init(width: Int, forgetting: Double, start: Double) {
        self.forgetting = forgetting
        self.start = start
        weights = [Double](repeating: 0, count: width)
        variances = [Double](repeating: start, count: width)
        upper = [Double](repeating: 0, count: width * (width - 1) / 2)
        projected = weights
        gain = weights
    }

    static func == (left: Self, right: Self) -> Bool {
        left.forgetting == right.forgetting && left.start == right.start && left.weights == right.weights
            && left.variances == right.variances && left.upper == right.upper
    }

    /// Takes an observation of `weights.count` numbers; returns `false`, and is as before, where it is too large to be one.
    mutating func update(_ row: [Double], _ label: Double) -> Bool {
        precondition(row.count == weights.count, "a number for each weight")
        var error = label
        for j in row.indices { error -= weights[j] * row[j] }
        guard error.magnitude < 1e100,
            let spread = Self.turn(
                row, &variances, &upper, &projected, &gain, forgetting: forgetting, bound: bound)
        else { return false }
        let step = error / spread
        for j in row.indices { weights[j] += gain[j] * step }
        return true
    }

    /// Updates the factors, and leaves in `gain` what the weights move by where divided by the spread, which it returns; `nil`, with
    /// the factors as before, where that is beyond all bounds.
    private static func turn(
        _ row: [Double], _ variances: inout [Double], _ upper: inout [Double], _ projected: inout [Double],
        _ gain: inout [Double], forgetting: Double, bound: Double
    ) -> Double? {
        let x = row.span
        var d = variances.mutableSpan
        var u = upper.mutableSpan
        var f = projected.mutableSpan
        var k = gain.mutableSpan
        var (alpha, column) = (forgetting, 0)
        for j in 0..<row.count {
            f[j] = x[j] + dot(u, from: column, x, count: j)
            column += j
            alpha += f[j] * f[j] * d[j]
        }
        guard alpha < 1e100 else { return nil }
        (alpha, column) = (forgetting, 0)
        for j in 0..<row.count {
            let v = d[j] * f[j]
            let next = alpha + f[j] * v
            d[j] = min(d[j] * alpha / (next * forgetting), bound)
            turn(&u, from: column, &k, factor: -f[j] / alpha, v: v, count: j)
            k[j] = v
            column += j
            alpha = next
        }
        return alpha
    }

    /// `sum u[first + i] x[i]`; four sums side by side, since one waits for each addition.
    @inline(__always)
    private static func dot(
        _ u: borrowing MutableSpan<Double>, from first: Int, _ x: Span<Double>, count: Int
    ) -> Double {
        var sums = SIMD4<Double>()
        var i = 0
        while i + 4 <= count {
            sums +=
                SIMD4(u[first + i], u[first + i + 1], u[first + i + 2], u[first + i + 3])
                * SIMD4(x[i], x[i + 1], x[i + 2], x[i + 3])
            i += 4
        }
        var sum = sums.sum()
        while i < count {
            sum += u[first + i] * x[i]
            i += 1
        }
        return sum
    }

    /// `u_i, k_i = u_i + k_i * factor, k_i + u_i * v` over a column.
    @inline(__always)
    private static func turn(
        _ u: inout MutableSpan<Double>, from first: Int, _ k: inout MutableSpan<Double>, factor: Double, v: Double,
        count: Int
    ) {
        for i in 0..<count {
            let (above, own) = (u[first + i], k[i])
            u[first + i] = above + own * factor
            k[i] = own + above * v
        }
    }
}

extension RecursiveLeastSquares {
    func save(to writer: inout StateWriter) {
        writer.write(weights)
        writer.write(variances)
        writer.write(upper)
    }

    /// Takes what `save` wrote; throws where that is something else, and is as before.
    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        let weights = try reader.readDoubles(count: self.weights.count)
        let variances = try reader.readDoubles(count: self.variances.count)
        let upper = try reader.readDoubles(count: self.upper.count)
        guard weights.allSatisfy(\.isFinite), upper.allSatisfy(\.isFinite),
            variances.allSatisfy({ $0 >= 0 && $0 <= bound })
        else { throw PluginError(.corrupted, "the state holds numbers that no update leaves.") }
        (self.weights, self.variances, self.upper) = (weights, variances, upper)
    }
}
