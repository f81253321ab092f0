import FileOutput
import Glibc
import HostManifest
import PluginKit

/// `control/` in the state folder, which only the host's user may enter: the socket the command line speaks through, and
/// the token that a change of the host needs.
///
/// The token is another one at each start. A confined plugin runs as the host's user and may reach the socket; it cannot
/// open the file, since nothing of the state folder but its own part is granted to it.
package struct ControlFolder: Sendable {
    /// The socket.
    package let socket: String
    /// The file of the token.
    package let tokenFile: String
    private let path: String

    /// Names the folder of a state folder.
    package init(stateFolder: String) {
        path = "\(stateFolder)/control"
        socket = "\(path)/socket"
        tokenFile = "\(path)/token"
    }

    /// The socket, where its path is short enough for the system.
    var usableSocket: String? { socket.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) ? socket : nil }

    /// Makes the folder and a new token; returns the token.
    func open() throws(PluginError) -> String {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw SystemFault.error(errno, who: "host", action: "created", path: path)
        }
        guard chmod(path, 0o700) == 0 else {
            throw SystemFault.error(errno, who: "host", action: "closed to others", path: path)
        }
        AtomicFile.removeLeftovers(of: tokenFile)
        var random = SystemRandomNumberGenerator()
        let token = (0..<4).map { _ in Self.hex(random.next()) }.joined()
        do throws(AtomicFile.Failure) {
            try AtomicFile.write(token, to: tokenFile, rights: .ownerOnly)
        } catch {
            throw PluginError(.environment, "host: \(error.description)")
        }
        return token
    }

    /// Returns the token of the host that runs here; `nil` where it is not there, or not for this user.
    package var token: String? {
        (try? SmallFile.read(tokenFile, limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Takes token and socket away.
    func withdraw() {
        unlink(tokenFile)
        unlink(socket)
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
