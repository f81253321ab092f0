import Synchronization
import TestSupport

/// Folders for the instances of one test; they go away with their owner.
final class TemporaryFolders: Sendable {
    private let folder: TemporaryFolder
    private let count = Mutex(0)

    init() throws { folder = try TemporaryFolder() }

    var root: String { folder.path }

    /// Creates a fresh folder.
    func make() throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return try folder.make("\(number)")
    }
}
