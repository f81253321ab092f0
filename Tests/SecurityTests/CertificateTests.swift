import Glibc
import NIOCore
import TestSupport
import Testing

@testable import HostTLS

/// Certificates: what is used, what is refused, and what becomes of a renewed one.
@Suite(.enabled(if: TestCertificate.isPossible, "openssl is not here: apt-get install openssl"))
struct CertificateTests {
    @Test func aCertificateWithItsKeyIsUsed() throws {
        let made = try TestCertificate()
        let store = try CertificateStore(CertificateFiles(certificate: made.file, key: made.key, oldest: .v13))
        #expect(try !store.refresh())
        _ = store.handler()
    }

    @Test func whatIsNoneIsRefusedWithItsPlace() throws {
        let (made, other, folder) = (try TestCertificate(), try TestCertificate(), try TemporaryFolder())
        let text = try folder.write("no certificate", to: "text.pem", mode: 0o600)
        for (certificate, key, clients) in [
            (text, made.key, nil), (made.file, text, nil), (made.file, other.key, nil), (made.file, made.key, text),
            ("/nonexistent", made.key, nil), (made.file, "/nonexistent", nil),
        ] as [(String, String, String?)] {
            let error = #expect(throws: (any Error).self) {
                try CertificateStore(CertificateFiles(certificate: certificate, key: key, clients: clients))
            }
            #expect("\(error as Any)".contains("tls: "), "\(error as Any)")
        }
    }

    @Test(arguments: [mode_t(0o644), 0o666, 0o660])
    func aKeyThatOthersCanReadIsRefused(mode: mode_t) throws {
        let made = try TestCertificate()
        chmod(made.key, mode)
        let error = #expect(throws: (any Error).self) {
            try CertificateStore(CertificateFiles(certificate: made.file, key: made.key))
        }
        #expect("\(error as Any)".contains("chmod 600"))
    }

    @Test func aRenewedOneIsUsedAndOneThatDoesNotFitIsNot() throws {
        let (first, second, folder) = (try TestCertificate(), try TestCertificate(), try TemporaryFolder())
        func put(_ certificate: TestCertificate, _ key: TestCertificate) throws {
            for (source, name) in [(certificate.file, "c.pem"), (key.key, "k.pem")] {
                let bytes = try #require(Self.bytes(source))
                _ = try folder.write(bytes, to: name, mode: 0o600)
            }
        }
        try put(first, first)
        let store = try CertificateStore(CertificateFiles(certificate: folder.file("c.pem"), key: folder.file("k.pem")))
        try put(second, first)
        #expect(throws: (any Error).self) { try store.refresh() }
        // It is told once, and the one before stays in use.
        #expect(try !store.refresh())
        _ = store.handler()
        try put(second, second)
        #expect(try store.refresh())
    }

    private static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&buffer, 1, buffer.count, file)
        return Array(buffer.prefix(count))
    }
}
