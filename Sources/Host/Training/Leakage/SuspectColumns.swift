import Glibc
import HostCore
import PluginKit
import PredictionTargets

/// Looks for a feature that is the label, or knows more of it than anything could.
struct SuspectColumns {
    /// Rows that are looked at, the newest.
    private static let most = 10_000
    /// Correlation from which on a feature is the label.
    private static let same = 0.95
    /// Standard deviations of chance from which on a correlation is none.
    static let clear = 4.0

    /// How much more than the naive rule may be known: rank correlation of prediction and label beyond that of persistence.
    ///
    /// Returns of bars are known to a few hundredths; volatility follows from itself.
    static func ceiling(_ target: Target) -> Double { target.kind == .volatility ? 0.6 : 0.3 }

    /// A feature with what it knows of the label.
    struct Column {
        let name: String
        /// Greater of linear and rank correlation with the label, without sign; over what it can be at most with labels of two
        /// classes.
        let likeness: Double
        let rank: Double
    }

    let columns: [Column]
    let target: Target
    let rows: Int
    /// How many blocks of labels that have nothing in common there are.
    private let blocks: Double
    /// Rank correlation of the label with persistence, without sign.
    private let naive: Double

    init(_ set: SupervisedSet, _ target: Target) {
        let chosen = set.rows.indices.suffix(Self.most)
        let labels = chosen.map { set.rows[$0].label }
        let ranks = PredictionMetrics.ranks(labels)
        let times = Set(chosen.map { set.rows[$0].time }).count
        rows = labels.count
        self.target = target
        blocks = Double(times) / Double(max(1, target.horizon))
        naive = abs(PredictionMetrics.spearman(labels, chosen.map { set.rows[$0].trailing }) ?? 0)
        // With labels of two classes numbers without ties reach no more.
        let share = target.isClass ? labels.mean : 0.5
        let reach = target.isClass ? (3 * share * (1 - share)).squareRoot() : 1
        columns = set.features.enumerated().map { column, name in
            let values = chosen.map { set.values[$0 * set.features.count + column] }
            guard values.allSatisfy(\.isFinite) else { return Column(name: name, likeness: 0, rank: 0) }
            let rank = abs(PredictionMetrics.pearson(PredictionMetrics.ranks(values), ranks) ?? 0)
            let linear = abs(PredictionMetrics.pearson(values, labels) ?? 0)
            return Column(name: name, likeness: min(1, max(linear, rank / max(reach, 1e-9))), rank: rank)
        }
    }

    private var isEnough: Bool { rows >= 30 && blocks >= 8 }

    /// Whether a feature is the label.
    var isLabel: LeakageVerdict.Check {
        guard isEnough else {
            return LeakageVerdict.Check(.targetInFeatures, .skipped, "There are \(rows) rows.", ["rows": Double(rows)])
        }
        let worst = columns.max { $0.likeness < $1.likeness }
        let found = columns.filter { $0.likeness >= Self.same }
        let numbers: [String: Double?] = [
            "rows": Double(rows), "largest_correlation": worst?.likeness, "allowed_below": Self.same,
        ]
        guard !found.isEmpty else { return LeakageVerdict.Check(.targetInFeatures, .pass, "", numbers) }
        let names = found.prefix(8).map { "\($0.name) (\(Self.text($0.likeness)))" }.joined(separator: ", ")
        return LeakageVerdict.Check(
            .targetInFeatures, .fail, "By correlation the label itself is among the features: \(names).", numbers)
    }

    /// Features that alone know more than is allowed, with how much.
    var tooGood: [Column] {
        guard isEnough else { return [] }
        return columns.filter {
            $0.rank - naive > Self.ceiling(target) && $0.rank * blocks.squareRoot() > Self.clear
        }
    }

    /// Three decimals.
    static func text(_ value: Double) -> String {
        let scaled = Int((abs(value) * 1_000).rounded())
        let digits = "\(scaled % 1_000)"
        return
            "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / 1_000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
