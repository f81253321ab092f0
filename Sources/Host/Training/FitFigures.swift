import PluginKit
import Synchronization

/// What a fit reports beside its artifact: numbers of the plugin, so their count and names are bounded.
final class FitFigures: Sendable {
    private static let most = (names: 256, letters: 128)
    private let found = Mutex<[String: Double]>([:])

    /// Takes a number; one that is not finite, or the name of one too many, is left out.
    @Sendable func take(_ figure: String, _ value: Double) {
        guard value.isFinite else { return }
        let name = PluginError.shown(figure, limit: Self.most.letters)
        found.withLock { found in
            if found[name] != nil || found.count < Self.most.names { found[name] = value }
        }
    }

    /// All of them by name.
    var all: [String: Double] { found.withLock { $0 } }

    /// The mean of each over several fits, of those that report it.
    static func means(_ fits: [[String: Double]]) -> [String: Double]? {
        let all = Dictionary(fits.flatMap { $0.map { ($0.key, [$0.value]) } }) { $0 + $1 }
        return all.isEmpty ? nil : all.mapValues(\.mean)
    }
}
