import Glibc

/// What tells that a file is the one it was without reading it: its number, its size, and when it was last changed.
enum FileStamp {
    /// A file that was changed so lately may be changed again without showing it.
    private static let settled: Int = 2

    /// Returns the stamp of a file, 16 hexadecimal digits; `nil` of one that cannot be looked at, was changed within two seconds, or
    /// is a database with a log beside it, whose rows change in that.
    static func of(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mtim.tv_sec + settled <= time(nil),
            access(path + "-wal", F_OK) != 0
        else { return nil }
        let words = [
            Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: UInt(status.st_ino)), Int(status.st_size),
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for word in words {
            digest = (digest ^ UInt64(bitPattern: Int64(word))) &* 0x100_0000_01B3
            digest ^= digest >> 29
        }
        let text = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
