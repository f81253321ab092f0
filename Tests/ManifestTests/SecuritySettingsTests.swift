import AccessScopes
import PluginKit
import Testing

@testable import HostManifest

/// `host.security`: who may in, as the manifest says it.
@Suite struct SecuritySettingsTests {
    private func settings(_ security: String) throws -> SecuritySettings {
        let result = load(manifest(more: "host: { listen: '127.0.0.1:0', security: \(security) }"))
        return try #require(result.manifest, "\(result.report)").host.security
    }

    @Test func nothingIsAskedForWhereNothingIsSaid() throws {
        let settings = try #require(load(manifest()).manifest).host.security
        #expect(settings.tls == nil && settings.issuer == nil && settings.names.isEmpty)
        #expect(settings.roles == RoleTable() && settings.audit == .init(key: nil, isOfData: false))
        #expect(settings.limits == .init(read: 100, change: 1, login: 5))
    }

    @Test func readsAllThatCanBeSaid() throws {
        let settings = try settings(
            """
            { audit: { key: keys/seal.pem, data: true }, names: [Desk.example.org], roles: { scraper: ['metrics:read'] }, limits: { read: 7 },
              tls: { certificate: tls/a.pem, key: /etc/a.key, min: '1.3', clients: ca.pem, machines: { m.example: scraper }, hsts: 1d },
              issuer: { issuer: 'https://i.example', audience: penstock, keys: keys.json, grants: { ops: operator }, skew: 5s } }
            """)
        #expect(settings.names == ["desk.example.org"] && settings.roles["scraper"] == [.metricsRead])
        #expect(settings.limits == .init(read: 7, change: 1, login: 5))
        #expect(settings.audit.key?.hasSuffix("/keys/seal.pem") == true && settings.audit.isOfData)
        let tls = try #require(settings.tls)
        #expect(tls.certificate.hasPrefix("/") && tls.certificate.hasSuffix("/tls/a.pem") && tls.key == "/etc/a.key")
        #expect(
            tls.oldest == "1.3" && tls.clients?.hasSuffix("/ca.pem") == true && tls.machines == ["m.example": "scraper"]
        )
        #expect(tls.hsts == .seconds(86_400))
        let issuer = try #require(settings.issuer)
        #expect(issuer.keys.hasSuffix("/keys.json") && issuer.claim == "roles" && issuer.grants == ["ops": "operator"])
        #expect(issuer.skew == .seconds(5))
    }

    @Test(arguments: [
        ("{ roles: { admin: ['data:read'] } }", "is a role of the host's own"),
        ("{ roles: { desk: ['data:write'] } }", "'security.roles.desk[0]' is 'data:write'; allowed"),
        ("{ roles: { desk: [open] } }", "allowed data:read"), ("{ roles: { desk: [] } }", "has 0 values"),
        ("{ tls: { certificate: a.pem } }", "'security.tls.key' is missing"),
        ("{ tls: { certificate: a.pem, key: b.pem, min: '1.1' } }", "allowed 1.2, 1.3"),
        ("{ tls: { certificate: a.pem, key: b.pem, clients: c.pem, machines: { m: root } } }", "gives the role 'root'"),
        ("{ tls: { certificate: a.pem, key: b.pem, machines: { m: reader } } }", "'clients' names no certificate"),
        ("{ issuer: { issuer: a, audience: b, keys: c, grants: { x: root } } }", "gives the role 'root'"),
        ("{ issuer: { issuer: a, keys: c, grants: { x: admin } } }", "'security.issuer.audience' is missing"),
        ("{ limits: { read: 0 } }", "'security.limits.read' is 0"), ("{ keys: x }", "'security.keys'"),
    ])
    func faultsSayWhatIsAllowed(security: String, words: String) {
        let found = faults(manifest(more: "host: { security: \(security) }"))
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test func beyondThisMachineItNeedsACertificate() {
        let open = faults(manifest(more: "host: { listen: '0.0.0.0:8443' }"))
        #expect(open.count == 1 && open[0].contains("without 'security.tls'") && open[0].contains("keys create"))
        let tls = "security: { tls: { certificate: a.pem, key: b.pem } }"
        #expect(faults(manifest(more: "host: { listen: '0.0.0.0:8443', \(tls) }")).isEmpty)
    }
}
