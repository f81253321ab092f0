package import PluginKit

// What the host adds to a model's own outputs, behind them.
extension PredictionBatch {
    /// Where what comes lies with the coverage that the model declares.
    package struct Interval: Sendable, Hashable {
        /// Its ends, in the target's unit.
        package let lower: Double
        package let upper: Double
    }

    /// The columns that the host adds for a model.
    static func further(_ model: ServingModel) -> [OutputColumn] {
        let ends = model.interval.map { coverage in
            [
                OutputColumn("lower", unit: "", "Lower end of the interval.", role: .lower(coverage)),
                OutputColumn("upper", unit: "", "Upper end of the interval.", role: .upper(coverage)),
            ]
        }
        let flag = OutputColumn("abstain", unit: "", "1 where the row lies outside of what was learned from, else 0.")
        let version = OutputColumn(
            "version", unit: "", "The version of the model that predicted it; 0 where it is none.")
        let members = OutputColumn("members", unit: "", "Members that gave a number; the others were left out.")
        return (ends ?? []) + (model.abstains ? [flag] : []) + (model.combines ? [members] : [])
            + (model.namesVersion ? [version] : [])
    }

    /// Returns the interval of a row; `nil` where there is none.
    package func interval(of row: Int) -> Interval? {
        guard let lower = added("lower", row), let upper = added("upper", row) else { return nil }
        return lower.isFinite && upper.isFinite ? Interval(lower: lower, upper: upper) : nil
    }

    /// Whether a row lies outside of what its fit has learned from; `nil` where the model does not say.
    package func abstains(of row: Int) -> Bool? { added("abstain", row).map { $0 == 1 } }

    /// How many members gave an ensemble a number for a row; `nil` of other models.
    package func members(of row: Int) -> Int? { added("members", row).map { Int($0) } }

    /// Where rows say that they abstain; `nil` where the model does not say.
    var abstentions: Int? { place(of: "abstain") }

    /// What stands in a column that was added; a plugin's own of that name comes first and is none.
    private func added(_ name: String, _ row: Int) -> Double? {
        place(of: name).map { values[row * outputs.count + $0] }
    }

    private func place(of name: String) -> Int? { outputs.dropFirst().suffix(5).lastIndex { $0.name == name } }
}
