import FoundationEssentials
import Glibc
package import HostManifest
import HostStorage

/// The host that runs on a state folder: its process and where it listens. It writes this file, others read it.
package struct RunningHost: Sendable, Codable {
    /// The process.
    package let pid: Int32
    /// Where its gateway listens, `127.0.0.1:8080`.
    package let address: String
    /// Whether that is with TLS.
    package let isSecure: Bool?
    /// The folder of its socket and its token; not part of the note, since it is beside it.
    package private(set) var control = ControlFolder(stateFolder: ".")

    enum CodingKeys: String, CodingKey {
        case pid, address
        case isSecure = "secure"
    }

    /// Where a browser finds it.
    package var url: String { "\(isSecure == true ? "https" : "http")://\(address)" }

    private init(pid: Int32, address: String, isSecure: Bool) {
        self.pid = pid
        self.address = address
        self.isSecure = isSecure
    }

    private static func path(_ stateFolder: String) -> String { "\(stateFolder)/host.json" }

    /// Notes that this process serves a state folder.
    static func announce(
        _ address: String, isSecure: Bool, in stateFolder: String
    ) throws(AtomicFile.Failure) {
        let host = RunningHost(pid: getpid(), address: address, isSecure: isSecure)
        guard let json = try? JSONEncoder().encode(host) else { return }
        try AtomicFile.write(String(decoding: json, as: UTF8.self), to: path(stateFolder))
    }

    /// Takes the note back.
    static func withdraw(from stateFolder: String) {
        unlink(path(stateFolder))
        ControlFolder(stateFolder: stateFolder).withdraw()
    }

    /// Returns the host that runs on a manifest's state folder; `nil` where none does.
    ///
    /// A note of a host that was killed counts for nothing: it holds the folder's lock no more.
    package static func find(_ manifest: Manifest) -> RunningHost? { find(manifest.resolve(manifest.host.state)) }

    /// Returns the host that runs on a state folder; `nil` where none does.
    package static func find(_ stateFolder: String) -> RunningHost? {
        guard let data = FileManager.default.contents(atPath: path(stateFolder)),
            var host = try? JSONDecoder().decode(RunningHost.self, from: data),
            InstanceLock.isHeld(stateFolder: stateFolder)
        else { return nil }
        host.control = ControlFolder(stateFolder: stateFolder)
        return host
    }
}
