import Glibc
import NIOCore
import PluginKit

/// Says why an address cannot be had.
enum BindFault {
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
