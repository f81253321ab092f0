import Synchronization

/// The newest numbers that plugins report of themselves, bounded: a plugin chooses names, and must not fill the metrics.
package final class PluginMetrics: Sendable {
    /// One number.
    package struct Sample: Sendable, Hashable {
        /// The instance, as `kind/id`.
        package let instance: String
        /// The plugin's name for it: 1...64 of a-z, 0-9 and _.
        package let name: String
        /// The number.
        package let value: Double
    }

    /// Most names of an instance.
    package static let limit = 32

    private struct State {
        var values: [String: [String: Double]] = [:]
        var refused: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// Creates an empty board.
    package init() {}

    /// Keeps a number; one with a name that is not allowed, or beyond the limit, is counted and dropped.
    package func set(_ instance: String, _ name: String, _ value: Double) {
        state.withLock { state in
            let known = state.values[instance]?[name] != nil
            guard known || (Self.isName(name) && state.values[instance, default: [:]].count < Self.limit) else {
                state.refused[instance, default: 0] += 1
                return
            }
            state.values[instance, default: [:]][name] = value
        }
    }

    /// Every number, sorted by instance and name.
    package var samples: [Sample] {
        let values = state.withLock { $0.values }
        return values.sorted { $0.key < $1.key }.flatMap { instance, values in
            values.sorted { $0.key < $1.key }.map { Sample(instance: instance, name: $0.key, value: $0.value) }
        }
    }

    /// How many numbers of each instance were dropped.
    package var refused: [(instance: String, count: Int)] {
        state.withLock { $0.refused }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }
}
