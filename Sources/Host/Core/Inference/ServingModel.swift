import PluginKit
import Synchronization

/// A model instance as the pipeline sees it: which columns it reads and which predictors are in force.
///
/// All workers share it; a swap is seen as a whole from the next batch on.
package final class ServingModel: Sendable {
    /// The instance's id in the manifest.
    package let id: String
    /// What is predicted, in words.
    package let target: String
    /// Positions of its features in the pipeline's matrix.
    package let columns: [Int]
    private let current: Mutex<PredictorTimeline?>

    /// Creates a model; without a timeline it predicts nothing until `swap`.
    package init(id: String, target: String, columns: [Int], timeline: PredictorTimeline?) {
        self.id = id
        self.target = target
        self.columns = columns
        current = Mutex(timeline)
    }

    /// The predictors in force.
    package var timeline: PredictorTimeline? { current.withLock { $0 } }

    /// Replaces the predictors in force.
    package func swap(_ timeline: PredictorTimeline?) { current.withLock { $0 = timeline } }
}
