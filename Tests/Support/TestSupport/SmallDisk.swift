import Foundation
import Glibc

/// A file system in memory, to fill for real; needs root and the right to mount.
package final class SmallDisk: Sendable {
    package let folder: TemporaryFolder

    /// Mounts a file system of a size as `mount` takes it; nil where that is not allowed.
    package init?(size: String = "256k") {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return nil }
        guard Self.run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder.path]) else { return nil }
        self.folder = folder
    }

    deinit { _ = Self.run("umount", ["-l", folder.path]) }

    package static let isAvailable = SmallDisk() != nil

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
