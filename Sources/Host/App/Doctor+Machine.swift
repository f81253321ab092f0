import FoundationEssentials
import Glibc
import HostManifest

/// What of the machine itself a host needs: memory, the unit that starts it, programs that plugins and commands use.
extension Doctor {
    /// Bytes that a host with the small sample takes, twice.
    private static let leastMemory = 256 << 20

    /// The limit of the group of processes it is in, as containers and units have it.
    func memory() -> Finding {
        let group =
            Self.text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? ""
        let limits = ["/sys/fs/cgroup\(group)/memory.max", "/sys/fs/cgroup/memory.max"].compactMap {
            Int(Self.text($0).split(separator: "\n").first ?? "")
        }
        guard let limit = limits.min() else {
            return Finding(check: "memory", isOK: true, message: "no limit is set for this group of processes.")
        }
        return Finding(
            check: "memory", isOK: limit >= Self.leastMemory,
            message:
                "\(limit >> 20) MiB may be used by this group of processes; wanted \(Self.leastMemory >> 20) or more.")
    }

    /// The installed unit of systemd, with its drop-ins.
    func unit() -> Finding {
        guard let unit = ServiceUnit.installed() else {
            return Finding(
                check: "unit", isOK: true,
                message: "no penstock.service is installed: whoever starts the host stops it.")
        }
        let faults = unit.faults(stopTimeout: manifest.host.stopTimeout)
        return Finding(
            check: "unit", isOK: faults.isEmpty,
            message: faults.isEmpty
                ? "'\(unit.path)' fits the manifest." : "'\(unit.path)': \(faults.joined(separator: " "))")
    }

    /// Programs of packages that are not needed to run, and what is missing without them.
    func programs() -> Finding {
        let wanted = [
            ("python3", "python3", "plugins in Python"), ("git", "git", "plugins from a git URL"),
            ("gnuplot", "gnuplot-nox", "indicators compute --plot"),
        ]
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        let missing = wanted.filter { wanted in !folders.contains { access("\($0)/\(wanted.0)", X_OK) == 0 } }
        return Finding(
            check: "packages", isOK: true,
            message: missing.isEmpty
                ? "the programs that plugins and commands use are here; libraries are checked with each instance below."
                : missing.map { "'\($0.0)' is not here, for \($0.2) (apt-get install \($0.1))" }.joined(separator: "; ")
                    + "; the rest runs without.")
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
