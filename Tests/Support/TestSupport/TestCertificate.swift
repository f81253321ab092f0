import Foundation

/// A certificate for 127.0.0.1 that nobody trusts but whoever is given its file; made by `openssl`, for a day.
package final class TestCertificate: Sendable {
    /// Whether one can be made here.
    package static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    private let folder: TemporaryFolder
    /// The certificate.
    package var file: String { "\(folder.path)/certificate.pem" }
    /// Its key.
    package var key: String { "\(folder.path)/key.pem" }

    /// Makes one.
    package init() throws {
        folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", file,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
