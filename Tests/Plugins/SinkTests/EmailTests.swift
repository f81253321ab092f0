import EmailSink
import Foundation
import PluginKit
import TestSupport
import Testing

@testable import MailSending

/// What a mail server is given of alerts.
@Suite struct EmailTests {
    private static let nasty = Alert(
        time: 1_362_171_600_000_000_000, rule: "drawdown", severity: .warning, instrument: nil,
        message: "alert 7 opened: 回撤 <b>\r\n.\r\nBcc: thief@example.org")

    private func sink(_ port: Int, _ more: [String: ConfigurationValue] = [:]) throws -> Email {
        var values: [String: ConfigurationValue] = [
            "host": .text("127.0.0.1"), "port": .integer(port), "encryption": .text("none"),
            "sender": .text("penstock@example.org"),
            "receivers": .list([.text("a@example.org"), .text("b@example.org")]),
        ]
        values.merge(more) { $1 }
        return try Email(options(Email.self, values), context: Recorder().context(in: try TemporaryFolder()))
    }

    private func mails(_ server: MailReceiver, _ count: Int) async throws -> [MailReceiver.Mail] {
        while server.mails.count < count { try await Task.sleep(for: .milliseconds(10)) }
        return server.mails
    }

    @Test(.enabled(if: MailReceiver.python != nil, "\(MailReceiver.absence)"))
    func whatIsHandedOverAtOnceIsOneMailAndTextStaysText() async throws {
        let server = try MailReceiver()
        let receipt = try await sink(server.port).write(batch(.alerts([alert, Self.nasty])))
        #expect(receipt.rejected.isEmpty && receipt.retry.isEmpty)
        let mail = try await mails(server, 1)[0]
        #expect(mail.from == "penstock@example.org" && mail.to == ["a@example.org", "b@example.org"])
        #expect(mail.subject.hasPrefix("[penstock] ") && mail.subject.hasSuffix("(and 1 more)"))
        #expect(mail.body.contains("回撤 <b>") && mail.body.contains("\\r\\nBcc: thief"))
        #expect(!mail.headers.contains("Bcc") && mail.body.split(whereSeparator: \.isNewline).count == 2)
        #expect(server.mails.count == 1)
    }

    @Test(.enabled(if: MailReceiver.python != nil && TestCertificate.isPossible, "\(MailReceiver.absence)"))
    func overTLSWithALogin() async throws {
        let certificate = try TestCertificate()
        let server = try MailReceiver(certificate: certificate, user: "pen", password: "s3cret")
        let secure: [String: ConfigurationValue] = [
            "encryption": .text("starttls"), "trusted": .text(certificate.file), "user": .text("pen"),
            "password": .secret(Secret("s3cret")),
        ]
        _ = try await sink(server.port, secure).write(batch(.alerts([Self.nasty])))
        let taken = try await mails(server, 1)
        #expect(taken[0].tls)

        let wrong = secure.merging(["password": .secret(Secret("wr0ng"))]) { $1 }
        let denied = await #expect(throws: PluginError.self) {
            _ = try await sink(server.port, wrong).write(batch(.alerts([alert])))
        }
        #expect(denied?.code == .auth && denied?.message.contains("wr0ng") == false, "\(denied?.message ?? "")")

        let untrusted = secure.merging(["trusted": .text("/etc/hostname")]) { $1 }
        let left = await #expect(throws: PluginError.self) {
            _ = try await sink(server.port, untrusted).write(batch(.alerts([alert])))
        }
        #expect(left?.code == .environment, "\(left?.message ?? "")")
        #expect(server.mails.count == 1)
    }

    @Test(.enabled(if: MailReceiver.python != nil, "\(MailReceiver.absence)"))
    func aServerWithoutTLSIsLeftWhereItIsWanted() async throws {
        let server = try MailReceiver()
        let error = await #expect(throws: PluginError.self) {
            _ = try await sink(server.port, ["encryption": .text("starttls")]).write(batch(.alerts([alert])))
        }
        #expect(error?.message.contains("STARTTLS") == true && server.mails.isEmpty)
    }

    @Test func aServerThatGreetsAndStopsOrIsNotThereIsTriedAgain() async throws {
        // It speaks HTTP, and holds whoever asks.
        let held = try ReplayServer(.any(ReplayServer.Reply().with { $0.hold = true }))
        let port = try #require(URL(string: held.url)?.port)
        for (port, timeout) in [(port, Duration.milliseconds(300)), (1, .seconds(5))] {
            let error = await #expect(throws: PluginError.self) {
                _ = try await sink(port, ["timeout": .duration(timeout)]).write(batch(.alerts([alert])))
            }
            #expect(error?.isTransient == true, "\(error?.message ?? "")")
        }
    }

    @Test func faultsInOptionsAreFound() {
        func faults(_ values: [String: ConfigurationValue]) -> [String] {
            let usual: [String: ConfigurationValue] = [
                "host": .text("mail.example.org"), "sender": .text("a@b"), "receivers": .list([.text("c@d")]),
            ]
            return Email.validate(options(Email.self, usual.merging(values) { $1 })).map(\.option)
        }
        #expect(faults([:]).isEmpty)
        #expect(faults(["sender": .text("a")]) == ["sender"])
        #expect(
            faults(["receivers": .list([.text("A <a@b>"), .text("a@b\r\nBcc: c@d")])]) == ["receivers", "receivers"])
        #expect(faults(["host": .text("smtp://x")]) == ["host"])
        #expect(faults(["encryption": .text("none"), "password": .secret(Secret("x"))]) == ["encryption"])
    }

    @Test func headersArePlainAndDatesAreThoseOfMail() {
        #expect(MailText.encoded("plain") == "plain")
        #expect(MailText.encoded("回撤") == "=?utf-8?B?5Zue5pKk?=")
        #expect(MailText.encoded(String(repeating: "a", count: 100)).split(separator: "\r\n").count == 3)
        #expect(MailText.date(1_362_171_600_000_000_000) == "Fri, 01 Mar 2013 21:00:00 +0000")
    }
}
