import PluginKit
import TabularModels

/// Checked options of a linear model, and which way of solving they ask for.
struct LinearTrainer: Sendable {
    enum Loss: String, Sendable, CaseIterable { case squared, huber, logistic }

    var loss = Loss.squared
    var l1 = 0.0
    var l2 = 1.0
    var epsilon = 1.35
    let owner: StaticString

    func fit(_ set: TrainingSet, context: FitContext) throws(PluginError) -> LinearFormula {
        try set.checkTabular(owner: "\(owner)", limit: 1e150)
        let formula: LinearFormula
        switch loss {
        case .squared:
            let equations = try NormalEquations(set, context: context, owner: owner)
            formula = l1 > 0 ? try equations.solve(l1: l1, l2: l2, context: context) : try equations.solve(l2: l2)
        case .huber: formula = try fitHuber(set, context: context)
        case .logistic: formula = try fitClasses(set, context: context)
        }
        try context.checkpoint(1)
        return formula
    }

    private func fitHuber(_ set: TrainingSet, context: FitContext) throws(PluginError) -> LinearFormula {
        let scaling = FeatureScaling(set)
        let label = LabelScaling(set)
        let width = set.features.count
        guard label.deviation > 0 else {
            try context.checkpoint(0)
            return LinearFormula(
                intercept: label.mean, scaling: scaling, weights: [Double](repeating: 0, count: width))
        }
        let loss = HuberLoss(
            rows: scaling.standardised(set), labels: set.labels.map { ($0 - label.mean) / label.deviation },
            weights: set.labels.indices.map(set.weight), l2: l2, epsilon: epsilon)
        let start = [Double](repeating: 0, count: width + 1) + [1]
        let found = try settled(try NewtonMinimiser().minimise(loss, from: start, checkpoint: context.checkpoint))
        return LinearFormula(
            intercept: label.mean + label.deviation * found[width], scaling: scaling,
            weights: found.prefix(width).map { $0 * label.deviation })
    }

    private func fitClasses(_ set: TrainingSet, context: FitContext) throws(PluginError) -> LinearFormula {
        try set.checkClasses(owner: "\(owner)")
        let scaling = FeatureScaling(set)
        let width = set.features.count
        let loss = LogisticLoss(
            rows: scaling.standardised(set), labels: set.labels, weights: set.weights, l2: l2)
        let start = [Double](repeating: 0, count: width + 1)
        let found = try settled(try NewtonMinimiser().minimise(loss, from: start, checkpoint: context.checkpoint))
        // Where a plane parts the classes the loss falls for ever as the weights grow.
        guard l2 > 0 || loss.expansion(at: found).value > 1e-6 * Double(set.count) else {
            throw unsettled("tell the classes apart without a fault, so the weights have no end")
        }
        return LinearFormula(
            intercept: found[width], scaling: scaling, weights: Array(found.prefix(width)), link: .logistic)
    }

    private func settled(_ found: [Double]?) throws(PluginError) -> [Double] {
        guard let found, found.allSatisfy(\.isFinite) else { throw unsettled("give a loss without a lowest place") }
        return found
    }

    private func unsettled(_ what: String) -> PluginError {
        PluginError(
            .quality, "\(owner): the features \(what); 'l2' is \(l2). Set 'l2' higher, or remove features.")
    }
}
