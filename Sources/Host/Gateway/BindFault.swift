import Glibc
import NIOCore
import PluginKit

/// Says why an address cannot be had.
enum BindFault {
    /// Returns the error for a socket of the file system that cannot be had.
    static func error(_ error: IOError, socket path: String) -> PluginError {
        PluginError(
            .environment,
            "gateway: the socket \(PluginError.quoted(path)) cannot be opened: \(String(cString: strerror(error.errnoCode))). "
                + "Check the rights of 'host.state' and that its file system has sockets.", cause: error)
    }

    /// Returns the error for a failed bind.
    static func error(_ error: IOError, _ configuration: GatewayConfiguration) -> PluginError {
        let address = configuration.listen
        let remedy = "choose another with --listen HOST:PORT or host.listen."
        let message =
            switch error.errnoCode {
            case EADDRINUSE: "\(address) is in use by another process. Stop it, or \(remedy)"
            case EACCES: "\(address) is not permitted: ports below 1024 are for root. Take a port above, \(remedy)"
            case EADDRNOTAVAIL: "\(address) is no address of this machine. Check the host, or \(remedy)"
            case EMFILE, ENFILE: "\(address) could not be opened: no file descriptor is left. Raise 'ulimit -n'."
            default: "\(address) could not be opened: \(error). Check it, or \(remedy)"
            }
        return PluginError(.environment, "gateway: \(message)", cause: error)
    }
}
