import FoundationEssentials
import Glibc

/// A disk of three megabytes, taken down with the last reference.
final class TinyDisk {
    private let path: String

    /// Whether this user may mount one.
    static let isPossible: Bool = {
        let place = "\(FileManager.default.temporaryDirectory.path)/penstock-it-disk-\(getpid())"
        guard (try? TinyDisk(at: place)) != nil else { return false }
        return true
    }()

    /// Makes the folder and mounts the disk on it.
    init(at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=3m") == 0 else {
            rmdir(path)
            throw Failure("no disk could be mounted: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Fills it but for some bytes.
    func fill(leaving rest: Int) throws {
        try Files.write([UInt8](repeating: 0, count: 3 * 1_048_576 - rest), to: "\(path)/filler")
    }

    /// Makes room again.
    func free() throws { try FileManager.default.removeItem(atPath: "\(path)/filler") }
}
