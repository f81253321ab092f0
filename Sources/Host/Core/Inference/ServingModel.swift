import PluginKit
package import PredictionTargets
import Synchronization

/// A model instance as the pipeline sees it: which columns it reads and which predictors are in force.
///
/// All workers share it; a swap is seen as a whole from the next batch on.
package final class ServingModel: Sendable {
    /// The instance's id in the manifest.
    package let id: String
    /// What is predicted, in words.
    package let target: String
    /// What its predictions are measured by once it is known; `nil` where none are.
    package let measure: Target?
    /// Whether it goes on learning from what its predictions became.
    package let learns: Bool
    /// Share of outcomes that its intervals are to hold; `nil` where it gives none.
    package let interval: Double?
    /// Whether it says which rows lie outside of what it has learned from.
    package let abstains: Bool
    /// Whether each prediction says which version made it.
    package let namesVersion: Bool
    /// Models whose predictions it sees, before its features.
    package let members: [String]
    /// Positions of its features in the pipeline's matrix; of a member's column -1, -2, ...: its place in `borrowed`, from its start.
    package let columns: [Int]
    /// Bars it sees together, oldest first: the row's own and those before it.
    package let window: Int
    /// What its rows mean: a model of the same identity sees the same numbers.
    let identity: String
    /// Columns of members among its features.
    package let borrowed: [MemberOutput]
    /// How many columns it gives, as its plugin says.
    package let outputCount: Int
    /// Whether it takes a member's missing prediction.
    package let combines: Bool
    /// The version that it is where it only shadows; 0 where it serves.
    let shadow: Int
    private let current: Mutex<Current>
    private let faults = Mutex<(count: Int, told: String)>((0, ""))
    private let board: InstanceBoard?

    /// What is in force.
    struct Current {
        var timeline: PredictorTimeline?
        /// Versions that predict beside it, unseen.
        var shadows: [ServingModel] = []
        /// Which rows they serve in its place; `nil` where none.
        var split: ServedSplit?
        /// The change of stages that put it there.
        var sequence: Int64 = 0
    }

    /// Creates a model; without a timeline it predicts nothing until `swap`, without a board its faults are not shown.
    package init(
        id: String, target: String, members: [String] = [], columns: [Int], window: Int = 1, identity: String = "",
        borrowed: [MemberOutput] = [], outputCount: Int = 1, combines: Bool = false, measure: Target? = nil,
        learns: Bool = false,
        interval: Double? = nil, abstains: Bool = false, namesVersion: Bool = false,
        timeline: PredictorTimeline?, board: InstanceBoard? = nil,
        shadow: Int = 0
    ) {
        self.shadow = shadow
        self.id = id
        self.target = target
        self.measure = measure
        self.learns = learns
        self.interval = interval
        self.abstains = abstains
        self.namesVersion = namesVersion
        self.members = members
        self.columns = columns
        self.window = window
        self.identity = identity
        self.borrowed = borrowed
        self.outputCount = outputCount
        self.combines = combines
        self.board = board
        current = Mutex(Current(timeline: timeline))
    }

    /// Numbers of a row that it sees.
    var width: Int { members.count + columns.count }

    /// Columns that the host adds behind its own.
    var addedCount: Int { (interval == nil ? 0 : 2) + (abstains ? 1 : 0) + (combines ? 1 : 0) + (namesVersion ? 1 : 0) }

    /// The predictors in force.
    package var timeline: PredictorTimeline? { current.withLock { $0.timeline } }

    /// The predictors in force, with the versions that shadow them, of one instant.
    var inForce: Current { current.withLock { $0 } }

    /// The versions that shadow it.
    package var shadows: [Int] { current.withLock { $0.shadows.map(\.shadow) } }

    /// Replaces the predictors in force.
    package func swap(_ timeline: PredictorTimeline?) { current.withLock { $0.timeline = timeline } }

    /// Replaces predictors and shadows in one exchange. What an earlier change of stages asks for than the one in force is left.
    ///
    /// - Parameter split: which rows shadows serve; what it names and is no shadow here, or gives other columns, serves none.
    package func swap(
        _ timeline: PredictorTimeline?, shadows: [PredictorTimeline], after sequence: Int64,
        split: (shares: ModelSplit, instruments: InstrumentTable)? = nil
    ) {
        current.withLock { current in
            guard sequence >= current.sequence else { return }
            // One that goes on shadowing keeps its open predictions.
            let made = shadows.map { timeline in
                current.shadows.first { $0.shadow == timeline.version } ?? shadowing(timeline)
            }
            let shared = timeline.flatMap { timeline in
                split.map { ServedSplit($0.shares, timeline, made.compactMap(\.timeline), $0.instruments) }
            }
            current = Current(timeline: timeline, shadows: made, split: shared, sequence: sequence)
        }
    }

    /// The same model with another version's predictors; its faults are not shown.
    private func shadowing(_ timeline: PredictorTimeline) -> ServingModel {
        ServingModel(
            id: id, target: target, members: members, columns: columns, window: window, identity: identity,
            borrowed: borrowed,
            outputCount: outputCount, combines: combines, measure: measure, learns: learns, timeline: timeline,
            shadow: timeline.version)
    }

    /// Takes over what is in force of the same model as it was built before.
    package func takeOver(_ before: ServingModel) {
        let now = before.inForce
        let split = now.split.map { ($0.split, $0.instruments) }
        swap(now.timeline, shadows: now.shadows.compactMap(\.timeline), after: now.sequence, split: split)
    }

    /// Shows that so many rows got no prediction: the first, and each time there are ten times as many.
    func failed(_ rows: Int, _ fault: PluginError) {
        let message = faults.withLock { faults -> String? in
            let isNews = String(faults.count + rows).utf8.count > String(faults.count).utf8.count || faults.count == 0
            faults.count += rows
            guard isNews else { return nil }
            let (what, count) = (fault.message, faults.count)
            faults.told =
                "\(what)\(what.hasSuffix(".") ? "" : ".") \(count == 1 ? "1 row has" : "\(count) rows have") no prediction so far."
            return faults.told
        }
        if let message { board?.set(.model, id, .degraded, message) }
    }

    /// Shows that it predicts again.
    func worked() {
        let told = faults.withLock { faults -> String? in
            guard faults.count > 0 else { return nil }
            defer { faults = (0, "") }
            return faults.told
        }
        if let told { board?.takeBack(.model, id, told) }
    }
}
