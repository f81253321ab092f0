import Synchronization

/// What is known of each model of each pipeline: its card and how it came to serve.
///
/// Two pipelines with one model fit it twice, on other bars: each has its own line.
package final class ModelBoard: Sendable {
    /// One model in one pipeline.
    package struct Entry: Sendable {
        /// The instance.
        package var model: String
        /// The pipeline it serves.
        package var pipeline: String
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
        /// The version that serves; 0 while it is none.
        package var version: Int
        /// What its fit found beside the artifact: weights of members, an error, rounds.
        package var figures: [String: Double]

        /// Creates an entry.
        package init(
            model: String, pipeline: String, plugin: String, state: String, origin: String = "", progress: Double = 0,
            message: String = "", card: [UInt8] = [], version: Int = 0, figures: [String: Double] = [:]
        ) {
            self.figures = figures
            self.version = version
            self.model = model
            self.pipeline = pipeline
            self.plugin = plugin
            self.state = state
            self.origin = origin
            self.progress = progress
            self.message = message
            self.card = card
        }
    }

    /// By model, then pipeline; the order of `all`.
    private let entries = Mutex<[Entry]>([])

    /// Creates an empty board.
    package init() {}

    /// Replaces what is known of a model in a pipeline.
    package func set(_ entry: Entry) {
        entries.withLock { entries in
            guard let place = entries.firstIndex(where: { !($0.key < entry.key) }) else { return entries.append(entry) }
            if entries[place].key == entry.key { entries[place] = entry } else { entries.insert(entry, at: place) }
        }
    }

    /// Forgets the models that a condition does not hold for.
    package func keep(where isKept: (Entry) -> Bool) { entries.withLock { $0.removeAll { !isKept($0) } } }

    /// Sets the progress of a fit, 0...1.
    package func setProgress(_ progress: Double, of model: String, in pipeline: String) {
        entries.withLock { entries in
            guard let place = entries.firstIndex(where: { $0.key == (model, pipeline) }) else { return }
            entries[place].progress = progress
        }
    }

    /// Sets the state of a model of which the rest stays.
    package func setState(_ state: String, of model: String, in pipeline: String) {
        entries.withLock { entries in
            guard let place = entries.firstIndex(where: { $0.key == (model, pipeline) }) else { return }
            entries[place].state = state
        }
    }

    /// Notes that another version serves.
    package func setVersion(
        _ version: Int, card: [UInt8], figures: [String: Double], of model: String, in pipeline: String
    ) {
        entries.withLock { entries in
            guard let place = entries.firstIndex(where: { $0.key == (model, pipeline) }) else { return }
            (entries[place].version, entries[place].card, entries[place].origin) = (version, card, "stored")
            entries[place].figures = figures
        }
    }

    /// Returns what is known of a model in a pipeline, or `nil`.
    package func entry(_ model: String, in pipeline: String) -> Entry? {
        entries.withLock { $0.first { $0.key == (model, pipeline) } }
    }

    /// Returns what is known of a model, a line for each pipeline that has it, by pipeline.
    package func entries(_ model: String) -> [Entry] { entries.withLock { $0.filter { $0.model == model } } }

    /// Returns every model of every pipeline, by model, then pipeline.
    package var all: [Entry] { entries.withLock { $0 } }
}

extension ModelBoard.Entry {
    fileprivate var key: (String, String) { (model, pipeline) }
}
