package import HostManifest
package import HostSecurity

extension AuditLog {
    /// The log of a manifest's state folder, with the key that its days are sealed with.
    package init(of manifest: Manifest) {
        self.init(
            stateFolder: manifest.resolve(manifest.host.state),
            key: manifest.host.security.audit.key.map { SealKey(path: $0) })
    }
}
