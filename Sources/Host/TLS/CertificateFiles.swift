/// Where a server's certificate is, and what it asks of those who connect.
package struct CertificateFiles: Sendable, Hashable {
    /// The oldest version of TLS that is spoken.
    package enum Version: String, Sendable, CaseIterable {
        /// RFC 5246.
        case v12 = "1.2"
        /// RFC 8446.
        case v13 = "1.3"
    }

    /// The certificate with those it was signed by, PEM.
    package let certificate: String
    /// Its private key, PEM, for the host's user alone.
    package let key: String
    /// Certificates that sign those of machines, PEM; `nil` asks nobody for one.
    package let clients: String?
    /// The oldest version.
    package let oldest: Version

    /// Names the files.
    package init(certificate: String, key: String, clients: String? = nil, oldest: Version = .v12) {
        (self.certificate, self.key, self.clients, self.oldest) = (certificate, key, clients, oldest)
    }
}
