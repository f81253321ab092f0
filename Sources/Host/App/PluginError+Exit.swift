import PluginKit

extension PluginError {
    /// The exit code this fault ends the host with: 2 configuration, 3 environment, else 1.
    package var exitCode: Int32 {
        switch code {
        case .configuration: 2
        case .environment, .corrupted, .auth, .permission: 3
        default: 1
        }
    }
}
