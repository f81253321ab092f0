import Glibc
package import PluginKit

/// How many connections the gateway may have, out of the file descriptors the process may open.
package struct ConnectionLimits: Sendable, Hashable {
    /// Connections kept open; above it the one that waits longest for its client ends for each new one.
    package var open: Int
    /// How many of them may be WebSockets; above it an upgrade is answered with 503.
    package var webSockets: Int
    /// Taken for the moment in which a new connection replaces another.
    private static let spare = 16
    /// The most connections where the manifest says no other number; a limit of the system beyond it is not used up.
    package static let usualMost = 768
    /// Fewer are no service.
    private static let least = 16

    /// Those of the socket in the state folder.
    static let local = ConnectionLimits(open: 16)

    /// How many may be open before further ones have to wait at the door.
    var accepted: Int { open + Self.spare }

    /// Creates limits.
    package init(open: Int = Self.usualMost) {
        self.open = open
        webSockets = open * 5 / 6
    }

    /// Divides descriptors between the host's own files and connections.
    ///
    /// - Parameters:
    ///   - descriptors: how many the process may have open.
    ///   - used: how many it has open.
    ///   - reserved: how many its own files, databases and plugins will need besides.
    ///   - most: how many connections are wanted.
    /// - Throws: `.environment` where too few are left for connections.
    package init(
        descriptors: Int, used: Int, reserved: Int, most: Int = Self.usualMost
    ) throws(PluginError) {
        let taken = used + reserved + Self.spare + Self.local.accepted
        guard descriptors - taken >= Self.least else {
            throw PluginError(
                .environment,
                "gateway: \(descriptors) files may be open at once (ulimit -n); allowed \(taken + Self.least) or more, of "
                    + "which \(used + reserved) are for the host's own. Raise it with 'ulimit -n 1024' before the start, or "
                    + "LimitNOFILE= of the unit.")
        }
        self.init(open: min(most, descriptors - taken))
    }

    /// Divides the descriptors of this process, whose limit is raised where that many connections need it and the system lets it.
    package static func ofThisProcess(reserved: Int, most: Int = usualMost) throws(PluginError) -> ConnectionLimits {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(files, &limit)
        // A quarter stays for the host's own.
        let wanted = rlim_t((most + 2 * spare + local.accepted) * 4 / 3 + reserved)
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = min(wanted, limit.rlim_max)
            if setrlimit(files, &raised) == 0 { limit = raised }
        }
        let descriptors = Int(min(limit.rlim_cur, 1 << 20))
        let used = (0..<min(descriptors, 4096)).count { fcntl(Int32($0), F_GETFD) >= 0 }
        return try ConnectionLimits(
            descriptors: descriptors, used: used, reserved: max(reserved, descriptors / 4), most: most)
    }
}
