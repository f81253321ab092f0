import AccessScopes
import PluginKit

/// Reads `host.security`, and checks what only the whole of it can show.
struct SecurityReader {
    /// The load.
    let context: ReadingContext

    /// Reports what does not fit: an address beyond this machine without TLS, roles that are none.
    func check(_ host: Setting) {
        let security = host["security"]
        checkListen(host["listen"], hasTLS: security?["tls"]?["certificate"]?.text != nil)
        let builtin = Set(RoleTable.builtin.map(\.name))
        for role in security?["roles"]?.children ?? [] where builtin.contains(role.name) {
            context.diagnosis.fault(
                at: role.setting.location ?? .fileStart,
                "host: 'security.roles.\(role.name)' is a role of the host's own.", hint: "Give yours another name.")
        }
        let roles = Self.roles(security)
        check(security?["tls"]?["machines"], "security.tls.machines", roles)
        check(security?["issuer"]?["grants"], "security.issuer.grants", roles)
        if security?["tls"]?["machines"]?.children.isEmpty == false, security?["tls"]?["clients"]?.text == nil {
            context.diagnosis.fault(
                at: security?["tls"]?.location ?? .fileStart,
                "host: 'security.tls.machines' has machines, and 'clients' names no certificate that signs theirs.",
                hint: "Set clients: FILE.pem.")
        }
    }

    /// Returns the settings of a manifest in a folder.
    static func settings(_ host: Setting?, baseDirectory: String) -> SecuritySettings {
        let security = host?["security"]
        let resolve = { (path: String) in path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)" }
        let names = (security?["names"]?.items ?? []).map { $0.text.lowercased() }
        return SecuritySettings(
            audit: SecuritySettings.Audit(
                key: security?["audit"]?["key"]?.text.map(resolve),
                isOfData: security?["audit"]?["data"]?.boolean ?? false),
            issuer: issuer(security, resolve), limits: limits(security), names: names, roles: roles(security),
            tls: tls(security, resolve))
    }

    private static func tls(_ security: Setting?, _ resolve: (String) -> String) -> SecuritySettings.TLS? {
        guard let tls = security?["tls"], let certificate = tls["certificate"]?.text, let key = tls["key"]?.text else {
            return nil
        }
        return SecuritySettings.TLS(
            certificate: resolve(certificate), key: resolve(key), oldest: tls("min"),
            clients: tls["clients"]?.text.map(resolve), machines: texts(tls["machines"]), hsts: tls("hsts"))
    }

    private static func issuer(_ security: Setting?, _ resolve: (String) -> String) -> SecuritySettings.Issuer? {
        guard let issuer = security?["issuer"], let name = issuer["issuer"]?.text,
            let audience = issuer["audience"]?.text, let keys = issuer["keys"]?.text
        else { return nil }
        return SecuritySettings.Issuer(
            issuer: name, audience: audience, keys: keys.hasPrefix("https://") ? keys : resolve(keys),
            claim: issuer("claim"), grants: texts(issuer["grants"]),
            skew: issuer("skew"))
    }

    private static func texts(_ map: Setting?) -> [String: String] {
        let pairs = (map?.children ?? []).compactMap { child in child.setting.text.map { (child.name, $0) } }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private static func limits(_ security: Setting?) -> SecuritySettings.Limits {
        let limits = security?["limits"]
        return SecuritySettings.Limits(
            read: limits?["read"]?.number ?? 100, change: limits?["change"]?.number ?? 1,
            login: limits?["login"]?.number ?? 5)
    }

    private static func roles(_ security: Setting?) -> RoleTable {
        let own = (security?["roles"]?.children ?? []).map { role in
            (role.name, Set((role.setting.items ?? []).compactMap { Scope(rawValue: $0.text) }))
        }
        return RoleTable(own: Dictionary(own, uniquingKeysWith: { first, _ in first }))
    }

    private func check(_ grants: Setting?, _ name: String, _ roles: RoleTable) {
        for grant in grants?.children ?? [] {
            guard let role = grant.setting.text, roles[role] == nil else { continue }
            context.diagnosis.fault(
                at: grant.setting.location ?? .fileStart,
                "host: '\(name)' gives the role \(quoted(role)); allowed \(roles.names.joined(separator: ", ")).")
        }
    }

    private func checkListen(_ setting: Setting?, hasTLS: Bool) {
        guard let setting, let address = setting.text.flatMap({ ListenAddress($0) }), !address.isLoopback, !hasTLS
        else {
            return
        }
        context.diagnosis.fault(
            at: setting.location ?? .fileStart,
            "host: 'listen' is \(quoted(address.description)), beyond this machine; allowed 127.0.0.1, ::1 or localhost "
                + "without 'security.tls'.",
            hint:
                "Listen on 127.0.0.1:\(address.port); or give the host a certificate under security.tls and make a key with "
                + "`penstock keys create NAME --role admin`: docs/security.md.")
    }
}
