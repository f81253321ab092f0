import FoundationEssentials
import Synchronization

/// Folders for the instances of one test; they go away with their owner.
final class TemporaryFolders: Sendable {
    let root: String
    private let count = Mutex(0)

    init() throws {
        let parent = FileManager.default.temporaryDirectory.path
        root = "\(parent)/penstock-conformance-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Creates a fresh folder.
    func make() throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let path = "\(root)/\(number)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
