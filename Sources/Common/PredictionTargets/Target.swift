import Glibc

/// What a model learns to predict, from the bars after the one it looks at.
package struct Target: Sendable, Hashable, CustomStringConvertible {
    /// The kinds, each declared once: its name in the manifest, what it takes and what it means.
    package enum Kind: String, Sendable, CaseIterable {
        /// 1 where `close[t + k]` is above `close[t]`, else 0.
        case direction
        /// The return less the mean return of all instruments with a bar at the same time.
        case excessReturn = "excess_return"
        /// What costs leave of the return: `sign(r) * max(|r| - cost, 0)`.
        case netReturn = "net_return"
        /// Where the return stands among those of all instruments with a bar at the same time: `(place - 0.5) / count - 0.5`, the
        /// least at place 1, equal ones in the middle of their places.
        case rank
        /// `close[t + k] / close[t] - 1`, a fraction.
        case relativeReturn = "return"
        /// 1 where a close reaches `take_profit` above `close[t]` before one reaches `stop` below it and before k bars are over,
        /// else 0.
        case tripleBarrier = "triple_barrier"
        /// Root mean square of the k log returns after t: `sqrt(sum(ln(close[j] / close[j - 1])^2) / k)`, a fraction a bar.
        case volatility

        /// One sentence for the manifest.
        package var summary: String {
            switch self {
            case .direction: "Whether the close is higher after so many bars: 1, else 0."
            case .excessReturn: "Return over so many bars less the mean return of the pipeline's instruments."
            case .netReturn: "What costs leave of the return over so many bars."
            case .rank: "Rank of the return over so many bars among the pipeline's instruments, -0.5...0.5."
            case .relativeReturn: "Return over so many bars, as a fraction."
            case .tripleBarrier: "Whether a gain is reached before a loss and within so many bars: 1, else 0."
            case .volatility: "Realised volatility over so many bars."
            }
        }

        /// Bars it may look ahead.
        package var bars: ClosedRange<Int> { (self == .volatility ? 2 : 1)...10_000 }

        /// Fractions it takes besides, with what each means.
        package var ratios: [(name: String, standard: Double, summary: String)] {
            switch self {
            case .netReturn: [("cost", 0.001, "Cost of getting in and out, as a fraction.")]
            case .tripleBarrier:
                [("take_profit", 0.02, "Gain that ends it well."), ("stop", 0.02, "Loss that ends it badly.")]
            case .direction, .excessReturn, .rank, .relativeReturn, .volatility: []
            }
        }
    }

    /// What is measured.
    package let kind: Kind
    /// How many bars ahead it looks.
    package let horizon: Int
    /// The fractions of `kind.ratios`, in their order.
    package let ratios: [Double]

    /// Creates a target; fractions that are not given are the standard ones.
    package init(_ kind: Kind, bars: Int, ratios: [Double]? = nil) {
        self.kind = kind
        horizon = bars
        self.ratios = ratios ?? kind.ratios.map(\.standard)
    }

    /// Whether labels are 0 and 1, and predictions the probability of 1.
    package var isClass: Bool { kind == .direction || kind == .tripleBarrier }

    /// Whether a label needs what other instruments did.
    package var isCrossSectional: Bool { kind == .excessReturn || kind == .rank }

    /// `return over 1 bar`, `net return over 5 bars after 0.001`.
    package var description: String {
        let span = horizon == 1 ? "1 bar" : "\(horizon) bars"
        return switch kind {
        case .netReturn: "net return over \(span) after \(ratios[0])"
        case .tripleBarrier: "gain of \(ratios[0]) before a loss of \(ratios[1]) within \(span)"
        case .direction, .excessReturn, .rank, .relativeReturn, .volatility:
            "\(kind.rawValue.replacing("_", with: " ")) over \(span)"
        }
    }

    /// Returns the label of the bar at `index`, or `nil` where the bars after it are not all there, or a close in it is not above
    /// zero: over such a price there is no return. With what other instruments did it is not compared yet.
    package func label(_ closes: [Double], at index: Int) -> Double? {
        guard index + horizon < closes.count else { return nil }
        return measure(closes[index...index + horizon])
    }

    /// Returns the same measure over the bars before and at `index`: what persistence would predict.
    package func trailing(_ closes: [Double], at index: Int) -> Double? {
        guard index - horizon >= 0 else { return nil }
        return measure(closes[index - horizon...index])
    }

    /// Whether a value means "up": above zero for a return, above a half for a class, above the trailing value for a volatility.
    package func isUp(_ value: Double, trailing: Double) -> Bool {
        switch kind {
        case .direction, .tripleBarrier: value > 0.5
        case .excessReturn, .netReturn, .rank, .relativeReturn: value > 0
        case .volatility: value > trailing
        }
    }

    private func measure(_ closes: ArraySlice<Double>) -> Double? {
        let (first, last) = (closes[closes.startIndex], closes[closes.endIndex - 1])
        guard closes.allSatisfy({ $0 > 0 }) else { return nil }
        let change = last / first - 1
        switch kind {
        case .excessReturn, .rank, .relativeReturn: return change
        case .direction: return last > first ? 1 : 0
        case .netReturn: return max(change - ratios[0], 0) + min(change + ratios[0], 0)
        case .tripleBarrier:
            let end = closes.first { $0 >= first * (1 + ratios[0]) || $0 <= first * (1 - ratios[1]) }
            return end.map { $0 > first ? 1 : 0 } ?? 0
        case .volatility:
            var sum = 0.0
            for index in closes.indices.dropFirst() {
                let step = log(closes[index] / closes[index - 1])
                sum += step * step
            }
            return (sum / Double(horizon)).squareRoot()
        }
    }
}
