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

    /// Fills what is free of it but for some bytes.
    func fill(leaving rest: Int) throws {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
        let free = Int(disk.f_bavail) * Int(disk.f_bsize)
        try Files.write([UInt8](repeating: 0, count: max(0, free - rest)), to: "\(path)/filler")
    }

    /// Makes room again.
    func free() throws { try FileManager.default.removeItem(atPath: "\(path)/filler") }
}
