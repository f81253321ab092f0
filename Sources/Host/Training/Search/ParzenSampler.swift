import Glibc
import HostCore

/// Draws points where good ones were denser than others: a tree-structured Parzen estimator.
///
/// The better part of what was tried and the rest each give a density: a mixture of normal distributions around the points, cut at
/// the ends of the cube, with the even distribution as one of them; words have the share in which they were tried. Of some points
/// drawn from the better one's density that with the greatest ratio of both is taken. All options of a point are drawn around the
/// same earlier one, so that what belongs together stays together.
///
/// Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, *Algorithms for Hyper-Parameter Optimization*, NeurIPS 2011; the joint
/// density and its widths are those of S. Falkner, A. Klein, F. Hutter, *BOHB*, ICML 2018.
struct ParzenSampler {
    /// Words each option chooses from; `nil` for a number.
    let choices: [Int?]
    private static let candidates = 24
    /// Points of the rest that are kept, so that one more trial costs no more.
    private static let most = 128

    /// Returns a point, 0..<1 each; `tried` are earlier ones, the best first.
    func next(_ tried: [[Double]], _ numbers: inout SplitMix) -> [Double] {
        let good = min(max(1, Int((0.15 * Double(tried.count)).rounded(.up))), 25)
        let better = Density(Array(tried.prefix(good)), choices)
        let others = Array(tried.dropFirst(good))
        let step = max(1, others.count / Self.most)
        let rest = Density(stride(from: 0, to: others.count, by: step).map { others[$0] }, choices)
        var best: (point: [Double], gain: Double)?
        for _ in 0..<Self.candidates {
            let point = better.draw(&numbers)
            let gain = better.logDensity(point) - rest.logDensity(point)
            if gain > best?.gain ?? -.infinity { best = (point, gain) }
        }
        return best?.point ?? better.draw(&numbers)
    }

    /// A mixture around points, and the even distribution.
    private struct Density {
        let centres: [[Double]]
        let choices: [Int?]
        let width: Double
        /// What the densities around each centre are multiplied by, so that each adds up to 1 within the cube.
        let factors: [Double]

        init(_ centres: [[Double]], _ choices: [Int?]) {
            (self.centres, self.choices) = (centres, choices)
            let width = 0.2 * pow(Double(max(centres.count, 1)), -1 / Double(choices.count + 4))
            self.width = width
            factors = centres.map { centre in
                zip(centre, choices).reduce(1) { product, entry in
                    guard entry.1 == nil else { return product }
                    let mass = Self.cumulative((1 - entry.0) / width) - Self.cumulative(-entry.0 / width)
                    return product / (width * mass * (2 * Double.pi).squareRoot())
                }
            }
        }

        func draw(_ numbers: inout SplitMix) -> [Double] {
            let place = numbers.next(below: centres.count + 1)
            guard place < centres.count else { return choices.map { _ in numbers.unit() } }
            return zip(centres[place], choices).map { centre, words in
                if let words { return Self.word(near: centre, of: words, &numbers) }
                // By inversion between the ends of the cube.
                let (low, high) = (Self.cumulative(-centre / width), Self.cumulative((1 - centre) / width))
                let value = centre + width * NormalDistribution.quantile(low + (high - low) * numbers.unit())
                return min(max(value, 0), 1.0.nextDown)
            }
        }

        func logDensity(_ point: [Double]) -> Double {
            var sum = 1.0
            for (centre, factor) in zip(centres, factors) {
                var product = factor
                for (dimension, words) in choices.enumerated() {
                    product *= density(point[dimension], around: centre[dimension], words)
                }
                sum += product
            }
            return log(sum / Double(centres.count + 1))
        }

        private func density(_ value: Double, around centre: Double, _ words: Int?) -> Double {
            if let words {
                let isSame = Int(value * Double(words)) == Int(centre * Double(words))
                return isSame ? Self.stays * Double(words) + 1 - Self.stays : 1 - Self.stays
            }
            let distance = (value - centre) / width
            return exp(-distance * distance / 2)
        }

        /// How often a word is kept; else any is drawn.
        private static let stays = 0.75

        private static func word(near centre: Double, of words: Int, _ numbers: inout SplitMix) -> Double {
            numbers.unit() < stays ? centre : (Double(numbers.next(below: words)) + 0.5) / Double(words)
        }

        private static func cumulative(_ value: Double) -> Double { NormalDistribution.cumulative(value) }
    }
}
