import PluginKit
import TabularModels

/// What was learned, whatever the kernel.
enum SVMFormula: Sendable {
    case linear(LinearFormula)
    case radial(RadialFormula)
}

/// Trains on the newest rows of a set, standardised by themselves.
struct SVMTrainer: Sendable {
    let options: SVMOptions

    private static let owner = "model/svm"
    /// Stretches of the rows whose decisions are made by a machine that has not seen them, to learn probabilities from.
    private static let stretches = 3

    func fit(_ whole: TrainingSet, context: FitContext, library: LibSVM) throws(PluginError) -> SVMFormula {
        try whole.checkTabular(owner: Self.owner, limit: 1e150)
        let set = whole.newest(options.maxRows)
        if options.task == .classification { try set.checkClasses(owner: Self.owner) }
        let scaling = FeatureScaling(set)
        let rows = scaling.standardised(set)
        try context.checkpoint(0)
        let formula: SVMFormula
        switch options.task {
        case .regression: formula = try regression(set, scaling, rows, library)
        case .classification: formula = try classification(set, scaling, rows, library, context)
        }
        try context.checkpoint(1)
        return formula
    }

    private func regression(
        _ set: TrainingSet, _ scaling: FeatureScaling, _ rows: [Double], _ library: LibSVM
    ) throws(PluginError) -> SVMFormula {
        let mean = set.labels.reduce(0) { $0 + $1 / Double(set.count) }
        let variance = set.labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / Double(set.count) }
        let deviation = FeatureScaling.deviation(variance, mean: mean)
        let labels = set.labels.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
        let machine = try train(rows, labels, width: set.features.count, library)
        return formula(machine, scaling, scale: deviation, shift: mean, link: .identity)
    }

    private func classification(
        _ set: TrainingSet, _ scaling: FeatureScaling, _ rows: [Double], _ library: LibSVM, _ context: FitContext
    ) throws(PluginError) -> SVMFormula {
        let width = set.features.count
        var (decisions, classes): ([Double], [Double]) = ([], [])
        for stretch in 0..<Self.stretches {
            try context.checkpoint(Double(stretch) / Double(Self.stretches + 1))
            let unseen = set.count * stretch / Self.stretches..<set.count * (stretch + 1) / Self.stretches
            let seen = Array(0..<unseen.lowerBound) + Array(unseen.upperBound..<set.count)
            let labels = seen.map { set.labels[$0] }
            guard Set(labels).count == 2, !unseen.isEmpty else { continue }
            let values = seen.flatMap { rows[$0 * width..<($0 + 1) * width] }
            let machine = try train(values, labels, width: width, library)
            let asked = Array(rows[unseen.lowerBound * width..<unseen.upperBound * width])
            decisions += machine.values(asked, width: width, task: .classification)
            classes += set.labels[unseen]
        }
        let (slope, shift) = try probability(decisions, classes, context)
        let machine = try train(rows, set.labels, width: width, library)
        return formula(machine, scaling, scale: slope * machine.sign, shift: shift, link: .logistic)
    }

    /// Fits `1 / (1 + exp(-(slope * decision + shift)))` to classes, with Platt's guard against certainty.
    private func probability(
        _ decisions: [Double], _ classes: [Double], _ context: FitContext
    ) throws(PluginError) -> (slope: Double, shift: Double) {
        let ups = Double(classes.count { $0 > 0.5 })
        let downs = Double(classes.count) - ups
        let labels = classes.map { $0 > 0.5 ? (ups + 1) / (ups + 2) : 1 / (downs + 2) }
        let loss = LogisticLoss(rows: decisions, labels: labels, l2: 0)
        let found = try NewtonMinimiser().minimise(loss, from: [0, 0]) { (_) throws(PluginError) in
            try context.checkpoint(1)
        }
        guard let found, found.allSatisfy(\.isFinite) else {
            throw PluginError(
                .quality,
                "\(Self.owner): no probabilities can be learned from the decisions of \(classes.count) rows. "
                    + "Give more history, or another 'c' (is \(options.c)).")
        }
        return (found[0], found[1])
    }

    private func train(
        _ rows: [Double], _ labels: [Double], width: Int, _ library: LibSVM
    ) throws(PluginError) -> TrainedSVM {
        try TrainedSVM(library, rows: rows, width: width, labels: labels, options: options)
    }

    /// `scale * (sum - rho) + shift`; with the linear kernel the vectors collapse into one weight a feature.
    private func formula(
        _ machine: TrainedSVM, _ scaling: FeatureScaling, scale: Double, shift: Double, link: LinearFormula.Link
    ) -> SVMFormula {
        let width = scaling.means.count
        let (vectors, coefficients) = machine.vectors(width: width)
        let base = shift - scale * machine.rho
        guard options.kernel == .linear else {
            return .radial(
                RadialFormula(
                    gamma: options.gamma(width: width), scaling: scaling, vectors: vectors, coefficients: coefficients,
                    scale: scale, shift: base, link: link))
        }
        var weights = [Double](repeating: 0, count: width)
        for (vector, coefficient) in coefficients.enumerated() {
            for feature in 0..<width { weights[feature] += scale * coefficient * vectors[vector * width + feature] }
        }
        return .linear(LinearFormula(intercept: base, scaling: scaling, weights: weights, link: link))
    }
}

extension TrainingSet {
    /// The last rows of a tabular set, which are the newest.
    fileprivate func newest(_ limit: Int) -> TrainingSet {
        guard count > limit else { return self }
        return TrainingSet(
            features: features, values: Array(values.suffix(limit * features.count)),
            labels: Array(labels.suffix(limit)),
            times: Array(times.suffix(limit)), instruments: Array(instruments.suffix(limit)))
    }
}
