import Ensembles
import Glibc
import PluginKit

/// A net of one hidden layer: `scale * (bias + sum out * tanh(b + sum w * z))`, where `z` are its inputs standardised.
struct HiddenNet: Sendable, Equatable {
    let inputs: Int
    let hidden: Int
    /// Means and deviations of the inputs; an input that does not vary has deviation 0 and says nothing.
    var means: [Double]
    var deviations: [Double]
    /// What the result is multiplied by.
    var scale: Double
    /// For each hidden unit its bias, then one weight an input; then the weights of the units; then the last bias.
    var weights: [Double]

    /// How many weights a net has.
    static func size(_ inputs: Int, _ hidden: Int) -> Int { hidden * (inputs + 1) + hidden + 1 }

    var isUsable: Bool {
        scale.isFinite && means.allSatisfy(\.isFinite) && deviations.allSatisfy { $0.isFinite && $0 >= 0 }
            && weights.allSatisfy(\.isFinite)
    }

    func write(to writer: inout StateWriter) {
        writer.write(hidden)
        writer.write(scale)
        writer.write(means)
        writer.write(deviations)
        writer.write(weights)
    }

    init(inputs: Int, hidden: Int, means: [Double], deviations: [Double], scale: Double, weights: [Double]) {
        self.inputs = inputs
        self.hidden = hidden
        self.means = means
        self.deviations = deviations
        self.scale = scale
        self.weights = weights
    }

    /// Reads what `write` wrote.
    init(from reader: inout StateReader, inputs: Int) throws(PluginError) {
        self.inputs = inputs
        hidden = try reader.readInt(in: 1...64)
        scale = try reader.readDouble()
        means = try reader.readDoubles(count: inputs)
        deviations = try reader.readDoubles(count: inputs)
        weights = try reader.readDoubles(count: Self.size(inputs, hidden))
    }

    /// Returns what the net gives for inputs as they come.
    @inline(__always)
    func value(_ input: (Int) -> Double) -> Double {
        var sum = weights[weights.count - 1]
        for unit in 0..<hidden { sum += weights[hidden * (inputs + 1) + unit] * activation(unit, input) }
        return scale * sum
    }

    @inline(__always)
    private func activation(_ unit: Int, _ input: (Int) -> Double) -> Double {
        let first = unit * (inputs + 1)
        var inner = weights[first]
        for place in 0..<inputs where deviations[place] > 0 {
            inner += weights[first + 1 + place] * (input(place) - means[place]) / deviations[place]
        }
        return tanh(inner)
    }

    /// How far the result goes with each member, in the mean over rows: what the vote gives it and what the net adds.
    func share(of table: MemberTable, _ vote: WeightedMembers) -> WeightedMembers {
        let members = table.columns.members
        var (sums, all) = (members.map { _ in 0.0 }, 0.0)
        for row in 0..<table.count {
            let silent = table.value(row, of: vote)
            guard silent.isFinite else { continue }
            let inputs = table.inputs(row, silent: silent)
            all += table.weights[row]
            for unit in 0..<hidden {
                let (first, level) = (unit * (self.inputs + 1), activation(unit) { inputs[$0] })
                let bend = scale * weights[hidden * (self.inputs + 1) + unit] * (1 - level * level)
                for (place, member) in members.enumerated() where deviations[member] > 0 {
                    sums[place] += table.weights[row] * bend * weights[first + 1 + member] / deviations[member]
                }
            }
        }
        return WeightedMembers(weights: zip(vote.weights, sums).map { $0 + (all > 0 ? $1 / all : 0) })
    }
}
