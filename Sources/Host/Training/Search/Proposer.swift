import PluginKit
import PredictionTargets

/// Proposes what is tried, the same for the same seed and findings.
struct Proposer {
    private let space: SearchSpace
    private let sampler: ParzenSampler
    private let scheme: SearchScheme
    private let declared: [Double]?
    private var sobol: SobolSequence
    private var numbers: SplitMix
    private var seen: Set<String> = []
    private var spread = 0

    init(_ search: SearchPlan) {
        scheme = search.scheme
        space = SearchSpace(scheme)
        sampler = ParzenSampler(choices: (0..<space.count).map(space.choices))
        declared = space.point(of: search.declared)
        sobol = SobolSequence(dimensions: space.count, seed: scheme.seed)
        numbers = SplitMix(state: scheme.seed)
    }

    /// Returns new options, fewer where nothing new is found; `ranked` are all points before, the best first.
    mutating func next(
        _ count: Int, _ ranked: [[Double]]
    ) -> [(point: [Double], options: [String: ConfigurationValue], text: String)] {
        var proposed: [(point: [Double], options: [String: ConfigurationValue], text: String)] = []
        for _ in 0..<count {
            for _ in 0..<Self.patience {
                // What runs beside counts as bad, so that not all of a batch look at one place.
                let point = point(ranked + proposed.map(\.point))
                let options = space.options(at: point)
                let text = options.text
                guard seen.insert(text).inserted else { continue }
                proposed.append((point, options, text))
                break
            }
        }
        return proposed
    }

    private mutating func point(_ tried: [[Double]]) -> [Double] {
        if seen.isEmpty, let declared { return declared }
        guard spread >= max(8, scheme.trials / 3) else {
            spread += 1
            return scheme.start == .sobol ? sobol.next() : (0..<space.count).map { _ in numbers.unit() }
        }
        return sampler.next(tried, &numbers)
    }

    /// Points that are drawn for a new one; where none is, there may be no other.
    private static let patience = 100
}
