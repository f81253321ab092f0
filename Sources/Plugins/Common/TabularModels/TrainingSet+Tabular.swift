public import PluginKit

extension TrainingSet {
    /// Throws where a tabular model cannot learn from the set: windows, no features, fewer than two rows, or a number that
    /// is not finite or larger than `limit`.
    ///
    /// - Parameters:
    ///   - owner: the model, `kind/id`; begins every message.
    ///   - limit: the largest magnitude the model can hold.
    public func checkTabular(
        owner: String, limit: Double = .greatestFiniteMagnitude
    ) throws(PluginError) {
        guard time == 1 else {
            throw PluginError(
                .unsupported, "\(owner): the window has \(time) steps; allowed 1. Use a model that takes windows.")
        }
        guard !features.isEmpty else {
            throw PluginError(
                .badRequest, "\(owner): the training set has no features. Name at least one in 'features'.")
        }
        guard count >= 2 else {
            throw PluginError(
                .noData, "\(owner): the training set has \(count) rows; at least 2 are needed. Give more history.")
        }
        for (place, value) in values.enumerated() where !(value.magnitude <= limit) {
            throw unusable(value, "'\(features[place % features.count])'", row: place / features.count, owner: owner)
        }
        for (row, label) in labels.enumerated() where !(label.magnitude <= limit) {
            throw unusable(label, "the label", row: row, owner: owner)
        }
    }

    private func unusable(_ value: Double, _ what: String, row: Int, owner: String) -> PluginError {
        PluginError(
            .badRequest,
            "\(owner): \(what) of training row \(row) is \(value); allowed are finite numbers. Drop the row.")
    }
}
