import FileOutput
import Glibc
import HostCore
package import HostManifest
import HostStorage
import PluginKit

/// One thing that was checked.
package struct Finding: Sendable, Encodable {
    /// What was checked.
    package let check: String
    /// Whether it is fit.
    package let isOK: Bool
    /// What was found; what to do where it is not fit.
    package let message: String

    enum CodingKeys: String, CodingKey {
        case check, message
        case isOK = "ok"
    }

    /// Creates a finding.
    package init(check: String, isOK: Bool, message: String) {
        self.check = check
        self.isOK = isOK
        self.message = message
    }
}

/// Checks what a run would need, without running: every instance is built and probed.
///
/// It writes a probe file into the state folder and takes it away; a sink may create its own empty files, as a run would.
package struct Doctor: Sendable {
    let manifest: Manifest

    /// Creates a doctor for a manifest.
    package init(manifest: Manifest) { self.manifest = manifest }

    /// Checks everything; the order is the order of a start.
    package func examine() async -> [Finding] {
        let state = stateFolder()
        var findings = [
            state, database(), freeSpace(), openFiles(), memory(), unit(), programs(), address(), calendars(),
        ]
        guard state.isOK else { return findings }
        for instance in manifest.instances where instance.isEnabled { findings.append(await examine(instance)) }
        return findings
    }

    private func stateFolder() -> Finding {
        let folder = manifest.resolve(manifest.host.state)
        do throws(PluginError) {
            try FilePaths.makeFolder(folder, who: "doctor")
        } catch {
            return Finding(check: "state", isOK: false, message: error.message)
        }
        let probe = "\(folder)/.doctor"
        let file = open(probe, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else {
            let reason = String(cString: strerror(errno))
            return Finding(
                check: "state", isOK: false,
                message: "'\(folder)' cannot be written (\(reason)). Give this user the right, or set 'host.state'.")
        }
        close(file)
        unlink(probe)
        return Finding(check: "state", isOK: true, message: "'\(folder)' can be written.")
    }

    private func database() -> Finding {
        let path = "\(manifest.resolve(manifest.host.state))/penstock.db"
        guard access(path, F_OK) == 0 else {
            return Finding(check: "database", isOK: true, message: "'\(path)' is made by the first run.")
        }
        guard access(path, R_OK | W_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            return Finding(
                check: "database", isOK: false,
                message: "'\(path)' cannot be written (\(reason)). Give this user the right, or run as its owner.")
        }
        let found = StateDatabase.examine(path: path, for: .seconds(10))
        return Finding(
            check: "database", isOK: found == nil, message: found?.message ?? "'\(path)' has no damaged pages.")
    }

    private func freeSpace() -> Finding {
        guard let bytes = Self.freeBytes(of: manifest.resolve(manifest.host.state)) else {
            return Finding(check: "space", isOK: false, message: "the free space of host.state is not known.")
        }
        let megabytes = bytes / 1_048_576
        return Finding(
            check: "space", isOK: megabytes >= 100,
            message: "\(megabytes) MiB are free for 'host.state'; wanted 100 or more.")
    }

    /// Bytes that this user may still write in a folder; `nil` where it is not known.
    static func freeBytes(of folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    private func openFiles() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Finding(
            check: "open files", isOK: limit.rlim_cur >= 1024,
            message: "\(limit.rlim_cur) may be open at once; wanted 1024 or more (ulimit -n).")
    }

    private func address() -> Finding {
        let listen = manifest.host.listen
        guard listen.port != 0 else {
            return Finding(check: "address", isOK: true, message: "\(listen): a free port is taken at the start.")
        }
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(listen.port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isFree = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return Finding(
            check: "address", isOK: isFree,
            message: isFree
                ? "\(listen) is free."
                : "\(listen) is in use. Stop what listens there, or set 'host.listen'.")
    }

    private func calendars() -> Finding {
        let faults = VenueHours.shared.faults(of: manifest.pipelines.flatMap(\.instruments))
        return Finding(
            check: "calendars", isOK: faults.isEmpty,
            message: faults.isEmpty
                ? "the trading hours of the instruments' venues are known, or they have no calendar here."
                : faults.joined(separator: " "))
    }

    private func examine(_ instance: InstanceDeclaration) async -> Finding {
        let folder = manifest.resolve(manifest.host.state)
        let context = PluginContext(
            baseDirectory: manifest.baseDirectory, stateDirectory: folder, instruments: InstrumentTable())
        do throws(PluginError) {
            await InstanceBuilder.giveBack(
                try await InstanceBuilder.make(instance, { (_) throws(PluginError) in context }))
            return Finding(check: instance.name, isOK: true, message: "can be built and reaches what it needs.")
        } catch {
            return Finding(check: instance.name, isOK: false, message: error.message)
        }
    }
}
