import Glibc
import TestSupport
import Testing

/// Machines that show a certificate, each with a role by its name in it.
@Suite(.enabled(if: InternetTools.areHere, "openssl or curl is not here: apt-get install openssl curl"))
struct MachineTests {
    private static let authority = """
        umask 077
        authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
          -addext basicConstraints=critical,CA:TRUE -keyout $1.key -out $1.pem; }
        signed() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout $2.key -out $2.csr
          printf "subjectAltName=DNS:$2,IP:127.0.0.1\\nextendedKeyUsage=$3\\n" > $2.ext
          openssl x509 -req -in $2.csr -CA $1.pem -CAkey $1.key -CAcreateserial -days 1 -extfile $2.ext -out $2.pem; }
        authority ours; authority theirs
        signed ours host serverAuth; signed ours scraper clientAuth; signed ours stranger clientAuth; signed ours robot clientAuth
        signed theirs forger clientAuth; signed ours web serverAuth
        """

    @Test func theNameInACertificateIsWhoItIs() async throws {
        try await Sandbox.with { box in
            let made = try await box.runOther("/bin/sh", "-ec", Self.authority)
            #expect(made.code == 0, "\(made)")
            try box.edit(
                "state: var }",
                """
                state: var, security: { roles: { scraper: ['metrics:read'] }, tls: { certificate: host.pem, key: host.key,
                  clients: ours.pem, machines: { scraper: scraper, robot: operator } } } }
                """)
            let host = try box.start(["run"])
            try await host.waits(for: "Serving on https://127.0.0.1:")
            let port = host.out.split(separator: "https://127.0.0.1:")[1].prefix { $0.isNumber }
            func ask(_ name: String?, _ path: String, _ more: String = "") async throws -> String {
                let shown = name.map { "--cert \($0).pem --key \($0).key" } ?? ""
                return try await box.runOther(
                    "/bin/sh", "-c",
                    "curl -s -o /dev/null -w '%{http_code}' --max-time 20 --cacert ours.pem \(shown) \(more) https://127.0.0.1:\(port)\(path)"
                ).out
            }
            #expect(try await ask("scraper", "/metrics") == "200")
            #expect(try await ask("scraper", "/api/v2/system/status") == "403")
            #expect(try await ask("robot", "/api/v2/config", "-X PUT") == "200")
            #expect(try await ask("stranger", "/metrics") == "403")
            #expect(try await ask(nil, "/metrics") == "401")
            #expect(try await ask(nil, "/health") == "200")
            // Signed by another authority, or no certificate of a client: no connection.
            #expect(try await ask("forger", "/health") == "000")
            #expect(try await ask("web", "/health") == "000")
            let log = try await box.run("audit", "show", "--who", "robot")
            #expect(log.out.contains("config.reload") && log.out.contains("done"), "\(log)")
            host.signal(SIGTERM)
            #expect(try await host.exitCode() == 0)
        }
    }
}
