import Foundation
import Synchronization

/// A real mail server (aiosmtpd) on a free port of this machine; it ends with its owner.
package final class MailReceiver: Sendable {
    /// A mail that it took.
    package struct Mail: Decodable, Sendable {
        package let from: String
        package let to: [String]
        package let subject: String
        package let id: String
        package let date: String
        package let body: String
        package let headers: [String]
        package let tls: Bool
    }

    /// The Python that has aiosmtpd: the one of `PENSTOCK_MAIL_PYTHON`, else the system's; `nil` where it has none.
    package static let python: String? = {
        let named = ProcessInfo.processInfo.environment["PENSTOCK_MAIL_PYTHON"]
        for program in [named, "/usr/bin/python3"].compactMap(\.self) {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = ["-c", "import aiosmtpd"]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { continue }
            process.waitUntilExit()
            if process.terminationStatus == 0 { return program }
        }
        return nil
    }()

    /// Why tests are skipped where it is not there.
    package static let absence = "aiosmtpd is not there (python3-aiosmtpd)"

    /// Its port.
    package let port: Int
    private let process: Mutex<Process>
    private let input: FileHandle
    private let lines: Mutex<(rest: Data, mails: [Mail])>

    /// Starts a server; it wants TLS where it has a certificate, and a login where it has a user.
    package init(certificate: TestCertificate? = nil, user: String? = nil, password: String = "") throws {
        let started = Process()
        let (orders, output) = (Pipe(), Pipe())
        started.executableURL = URL(filePath: Self.python ?? "/usr/bin/python3")
        started.arguments =
            ["-B", "\(Repository.root)/Tests/Support/MailServer/mail_server.py"]
            + (certificate.map { [$0.file, $0.key] } ?? []) + (user.map { [$0, password] } ?? [])
        (started.standardInput, started.standardOutput) = (orders, output)
        started.standardError = FileHandle.nullDevice
        try started.run()
        input = orders.fileHandleForWriting
        process = Mutex(started)
        struct Start: Decodable { let port: Int }
        let answers = output.fileHandleForReading
        var line = Data()
        while let byte = try answers.read(upToCount: 1), !byte.isEmpty, byte[0] != UInt8(ascii: "\n") { line += byte }
        port = try JSONDecoder().decode(Start.self, from: line).port
        lines = Mutex((Data(), []))
        answers.readabilityHandler = { [weak self] handle in self?.take(handle.availableData) }
    }

    deinit {
        try? input.close()
        process.withLock { $0.terminate() }
    }

    /// The mails that it took so far.
    package var mails: [Mail] { lines.withLock { $0.mails } }

    private func take(_ data: Data) {
        lines.withLock { lines in
            lines.rest += data
            while let end = lines.rest.firstIndex(of: UInt8(ascii: "\n")) {
                if let mail = try? JSONDecoder().decode(Mail.self, from: lines.rest[..<end]) {
                    lines.mails.append(mail)
                }
                lines.rest = lines.rest[lines.rest.index(after: end)...]
            }
        }
    }
}
