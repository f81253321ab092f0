import Synchronization

/// What is known of each model instance: its card and how it came to serve.
package final class ModelBoard: Sendable {
    /// One model.
    package struct Entry: Sendable {
        /// The instance.
        package var model: String
        /// The plugin, as `model/name`.
        package var plugin: String
        /// `fitting`, `serving`, `disabled`, `failed`.
        package var state: String
        /// Where the artifact came from: `fitted`, `stored`; empty while there is none.
        package var origin: String
        /// Progress of a fit, 0...1.
        package var progress: Double
        /// Why it is disabled or failed; empty else.
        package var message: String
        /// The card as JSON; empty while there is none.
        package var card: [UInt8]

        /// Creates an entry.
        package init(
            model: String, plugin: String, state: String, origin: String = "", progress: Double = 0,
            message: String = "", card: [UInt8] = []
        ) {
            self.model = model
            self.plugin = plugin
            self.state = state
            self.origin = origin
            self.progress = progress
            self.message = message
            self.card = card
        }
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// Creates an empty board.
    package init() {}

    /// Replaces what is known of a model.
    package func set(_ entry: Entry) { entries.withLock { $0[entry.model] = entry } }

    /// Forgets a model that no pipeline has any more.
    package func remove(_ model: String) { entries.withLock { _ = $0.removeValue(forKey: model) } }

    /// Sets the progress of a fit, 0...1.
    package func setProgress(_ progress: Double, of model: String) {
        entries.withLock { $0[model]?.progress = progress }
    }

    /// Returns what is known of a model, or `nil`.
    package func entry(_ model: String) -> Entry? { entries.withLock { $0[model] } }

    /// Returns every model, by name.
    package var all: [Entry] { entries.withLock { $0.values.sorted { $0.model < $1.model } } }
}
