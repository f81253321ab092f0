import Glibc

/// The space a folder takes on its disk, with everything in it; follows no link.
enum FolderSize {
    /// Files and folders that are looked at.
    static let most = 100_000

    /// What of it is more than allowed: bytes beyond `limit`, or files beyond `most`; a folder that cannot be read is nothing.
    static func excess(_ limit: UInt64, _ folder: String) -> String? {
        var (bytes, count) = (UInt64(0), 0)
        var open = [folder]
        while let path = open.popLast() {
            guard let stream = opendir(path) else { continue }
            defer { closedir(stream) }
            while let item = readdir(stream) {
                let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                var status = stat()
                guard lstat("\(path)/\(name)", &status) == 0 else { continue }
                bytes += UInt64(clamping: status.st_blocks) * 512
                count += 1
                if bytes > limit { return "is larger than the \(limit >> 20) MiB allowed" }
                if count > most { return "holds more than the \(most) files allowed" }
                if status.st_mode & S_IFMT == S_IFDIR { open.append("\(path)/\(name)") }
            }
        }
        return nil
    }
}
