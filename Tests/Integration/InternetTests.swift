import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `docs/internet.md`, followed to the letter by somebody with openssl and curl.
@Suite(.enabled(if: InternetTools.areHere, "openssl or curl is not here: apt-get install openssl curl"))
struct InternetTests {
    /// The blocks of a language in the page, in their order.
    private static func blocks(_ language: String) throws -> [String] {
        let page = Files.text("\(Program.repository)/docs/internet.md")
        let parts = page.components(separatedBy: "```")
        return stride(from: 1, to: parts.count, by: 2).compactMap { index in
            parts[index].hasPrefix("\(language)\n") ? String(parts[index].dropFirst(language.count + 1)) : nil
        }
    }

    private static func shell(_ box: Sandbox, _ text: String) async throws -> (code: Int32, out: String, err: String) {
        let path = "export PATH='\(Program.folder)':\"$PATH\"\n"
        return try await box.runOther("/bin/sh", "-ec", path + text)
    }

    @Test func thePageLeadsToAHostThatAnswersFromElsewhere() async throws {
        let (shell, yaml) = (try Self.blocks("sh"), try Self.blocks("yaml"))
        try #require(shell.count == 5 && yaml.count == 1)
        try await Sandbox.with { box in
            let port = "\(try FreePort.find())"
            let text = { (block: String) in block.replacing("8443", with: port) }
            let made = try await Self.shell(box, text(shell[0]))
            #expect(made.code == 0, "\(made)")
            try box.edit(
                "host: { listen: \"127.0.0.1:0\", state: var }\n", text(yaml[0]))
            // Without an administrator it refuses, and says what is missing.
            let early = try await box.run("run")
            #expect(early.code == 2 && early.err.contains("penstock keys create NAME --role admin"), "\(early)")
            let key = try await Self.shell(box, text(shell[1]))
            #expect(key.code == 0 && key.err.contains("shown this once"), "\(key)")
            #expect(shell[2] == "penstock run\n")
            let host = try box.start(["run"])
            try await host.waits(for: "Serving on https://0.0.0.0:\(port)")
            let asked = try await Self.shell(box, text(shell[3]))
            #expect(asked.code == 0 && asked.out.contains("\"pipelines\""), "\(asked)")
            let last = try await Self.shell(box, text(shell[4]))
            #expect(last.code == 0 && last.out.contains("ada") && last.out.contains("none changed"), "\(last)")
            try await Self.refusals(box, port)
            // The command line goes on through the socket.
            #expect(try await box.run("status").out.contains("https://0.0.0.0:\(port)"))
            try await Self.renewal(box, port)
            host.signal(SIGTERM)
            #expect(try await host.exitCode() == 0)
        }
    }

    private static func curl(
        _ box: Sandbox, _ port: String, _ more: String
    ) async throws -> (code: Int32, out: String, err: String) {
        let base =
            "curl --silent --show-error --max-time 20 --cacert tls/ca.pem --resolve penstock.example.org:\(port):127.0.0.1 "
        return try await shell(box, base + more.replacing("URL", with: "https://penstock.example.org:\(port)"))
    }

    private static func refusals(_ box: Sandbox, _ port: String) async throws {
        let nobody = try await curl(box, port, "-i URL/metrics")
        #expect(
            nobody.out.hasPrefix("HTTP/1.1 401")
                && nobody.out.lowercased().contains("strict-transport-security: max-age="))
        #expect(
            try await curl(box, port, "-i -H 'Authorization: Bearer '$(cat desk.key) -X PUT URL/api/v2/config").out
                .hasPrefix("HTTP/1.1 403"))
        #expect(try await curl(box, port, "-i -H 'Host: evil.example' URL/health").out.hasPrefix("HTTP/1.1 403"))
        #expect(try await curl(box, port, "--tls-max 1.2 URL/health").code != 0)
        // Whoever speaks plain HTTP, or trusts another authority, gets nothing.
        #expect(try await curl(box, port, "http://127.0.0.1:\(port)/health").code != 0)
        #expect(try await curl(box, port, "--cacert /etc/ssl/certs/ca-certificates.crt URL/health").code != 0)
        let log = try await box.run("audit", "show", "--result", "refused")
        #expect(log.out.contains("127.0.0.1") && log.out.contains("/metrics") && log.out.contains("desk"), "\(log)")
        #expect(try await box.run("audit", "verify").code == 0)
    }

    /// A renewed certificate is used by the next connection, and one that does not fit its key by none.
    private static func renewal(_ box: Sandbox, _ port: String) async throws {
        let before = try await shell(box, "openssl x509 -in tls/server.pem -noout -fingerprint -sha256")
        _ = try await shell(
            box,
            "cd tls; openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile server.ext -out new.pem; "
                + "mv new.pem server.pem")
        let after = try await shell(box, "openssl x509 -in tls/server.pem -noout -fingerprint -sha256")
        #expect(before.out != after.out)
        let shown =
            "openssl s_client -connect 127.0.0.1:\(port) -servername penstock.example.org </dev/null 2>/dev/null "
            + "| openssl x509 -noout -fingerprint -sha256"
        var found = ""
        for _ in 0..<60 where found != after.out {
            try await Task.sleep(for: .milliseconds(250))
            found = try await shell(box, shown).out
        }
        #expect(found == after.out)
    }
}

/// What the page asks of whoever follows it.
enum InternetTools {
    static let areHere: Bool = ["/usr/bin/openssl", "/usr/bin/curl"].allSatisfy { (path: String) in
        access(path, X_OK) == 0
    }
}

/// A port nobody listens on.
enum FreePort {
    static func find() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure("no free port: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}
