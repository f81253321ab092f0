import Glibc

/// Packs files with the system's `gzip`.
enum GzipFile {
    /// Replaces a file by `<file>.gz`.
    static func pack(_ path: String) throws {
        var pid: pid_t = 0
        let words = ["gzip", "-f", path].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        guard posix_spawnp(&pid, "gzip", nil, nil, words, environ) == 0 else { throw Failure("no gzip") }
        var status: Int32 = 0
        guard waitpid(pid, &status, 0) == pid, status == 0 else { throw Failure("gzip ended with \(status)") }
    }
}
