import Glibc
import HostApp

/// How many files the process may open. With too few the runtime itself ends the process, without a word.
enum OpenFiles {
    /// Enough for a run without a web server, which reckons with its own.
    private static let least: rlim_t = 64

    /// Raises the limit where the system lets it; throws where it stays below the least.
    static func require() throws(HostError) {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(files, &limit)
        guard limit.rlim_cur < least else { return }
        limit.rlim_cur = min(least, limit.rlim_max)
        guard setrlimit(files, &limit) == 0, limit.rlim_cur >= least else {
            throw HostError(
                exitCode: 3,
                "run: \(limit.rlim_cur) files may be open at once (ulimit -n); allowed \(least) or more. Raise it with "
                    + "'ulimit -n 1024' before the start, or LimitNOFILE= of the unit.")
        }
    }
}
