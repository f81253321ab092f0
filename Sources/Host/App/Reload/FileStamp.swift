import Glibc

/// Tells whether a file is the one it was: size, number and time of its last change.
struct FileStamp: Hashable {
    let exists: Bool
    private var size: Int64 = 0
    private var number: UInt64 = 0
    private var seconds = 0
    private var nanoseconds = 0

    /// Looks at a file now.
    init(_ path: String) {
        var status = stat()
        exists = stat(path, &status) == 0
        guard exists else { return }
        size = Int64(status.st_size)
        number = UInt64(status.st_ino)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
