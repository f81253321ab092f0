import Glibc
import HostCore

/// Tells whether what lies at a path is what it was: name, size, number and time of the last change of each file in it.
package enum FolderStamp {
    /// Entries that are looked at; a folder of more is taken for another one each time.
    private static let limit = 200_000

    /// Returns a text that is another one after any file at the path or below it was changed, added or removed.
    package static func of(_ path: String) -> String {
        var digest = StableDigest()
        var count = 0
        var folders = [path]
        while let folder = folders.popLast() {
            guard count <= limit, let entries = entries(folder) else {
                add(folder, in: path, to: &digest)
                count += 1
                continue
            }
            count += entries.count
            folders += entries.sorted(by: >).map { "\(folder)/\($0)" }
        }
        return count > limit ? "\(digest.text) \(UInt64.random(in: .min ... .max))" : digest.text
    }

    /// The same of a file alone; `nil` for a folder, and where there is nothing.
    package static func ofFile(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var digest = StableDigest()
        add(path, in: path, to: &digest)
        return digest.text
    }

    /// The names in a folder; `nil` for what is none.
    private static func entries(_ path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func add(_ path: String, in root: String, to digest: inout StableDigest) {
        var status = stat()
        digest.add(String(path.dropFirst(root.count)))
        guard stat(path, &status) == 0 else { return digest.add("absent") }
        for number in [
            Int64(status.st_size), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_mtim.tv_sec),
            Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec),
        ] { digest.add(UInt64(bitPattern: number)) }
    }
}
