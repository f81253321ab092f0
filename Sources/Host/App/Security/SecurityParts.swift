import AccessScopes
import CivilTime
import HostGateway
import HostManifest
import HostSecurity
import HostTLS
import PluginKit
import ServiceLifecycle

/// What keeps a host's door: who may in, and its certificate; made from the manifest and the state folder.
struct SecurityParts: Sendable {
    /// Who may in.
    let access: AccessControl
    /// The certificate; `nil` where connections are not encrypted.
    let certificates: CertificateStore?
    fileprivate let audit: AuditDesk
    private let settings: SecuritySettings

    /// Reads certificate and keys. Throws `.configuration` where they cannot be used.
    ///
    /// - Parameters:
    ///   - listen: where the gateway will listen: beyond this machine identities are demanded.
    ///   - warn: told when the keys can no longer be read.
    init(
        _ settings: SecuritySettings, stateFolder: String, listen: ListenAddress, audit: AuditDesk,
        warn: @escaping @Sendable (String) -> Void
    ) throws(PluginError) {
        self.settings = settings
        self.audit = audit
        let machines = settings.tls?.machines ?? [:]
        // A file of keys that cannot be read is told at the start, and not when the first of them is refused.
        let keys = try KeyFile(stateFolder: stateFolder).read()
        certificates = try settings.tls.map { (tls) throws(PluginError) in
            try CertificateStore(
                CertificateFiles(
                    certificate: tls.certificate, key: tls.key, clients: tls.clients,
                    oldest: CertificateFiles.Version(rawValue: tls.oldest) ?? .v12))
        }
        let issuer = try settings.issuer.map { (issuer) throws(PluginError) in
            try TokenIssuer(issuer, roles: settings.roles, warn: warn)
        }
        access = AccessControl(
            stateFolder: stateFolder, roles: settings.roles,
            isDemanded: !listen.isLoopback || !machines.isEmpty || issuer != nil, machines: machines, issuer: issuer,
            warn: warn)
        guard !listen.isLoopback else { return }
        let now = WallClock.now()
        let hasKey = keys.contains { $0.role == RoleTable.admin && $0.standing(at: now) == .good }
        let others = Array(machines.values) + (settings.issuer.map { Array($0.grants.values) } ?? [])
        try Self.check(listen, hasTLS: certificates != nil, hasAdmin: hasKey || others.contains(RoleTable.admin))
    }

    /// Gives a gateway what it needs.
    func equip(_ gateway: inout Gateway) {
        gateway.access = access
        gateway.audit = { [audit] in await audit.write($0, $1) }
        if settings.audit.isOfData {
            gateway.auditOfData = { [audit] in await audit.write($0, $1, isDurable: false) }
        }
        gateway.auditControl = AuditControl { [audit] in try await audit.newest($0) }
    }

    /// Gives a configuration what it needs.
    func equip(_ configuration: inout GatewayConfiguration) {
        configuration.names = settings.names
        let limits = settings.limits
        configuration.rates = RequestLimits.Rates(
            read: .init(perSecond: limits.read, burst: 5 * limits.read),
            change: .init(perSecond: limits.change, burst: 30 * limits.change),
            login: .init(perSecond: limits.login, burst: 12 * limits.login))
        guard let certificates, let tls = settings.tls else { return }
        configuration.secure = { certificates.handler() }
        if tls.clients != nil { configuration.peerNames = { await CertificateStore.names(of: $0) } }
        let seconds = tls.hsts.components.seconds
        if seconds > 0 { configuration.transportSecurity = "max-age=\(seconds)" }
    }

    private static func check(_ listen: ListenAddress, hasTLS: Bool, hasAdmin: Bool) throws(PluginError) {
        guard !hasTLS || !hasAdmin else { return }
        var missing: [String] = []
        if !hasTLS { missing.append("a certificate ('host.security.tls' with 'certificate' and 'key')") }
        if !hasAdmin { missing.append("somebody with the role admin (`penstock keys create NAME --role admin`)") }
        throw PluginError(
            .configuration,
            "gateway: \(PluginError.quoted(listen.description)) is beyond this machine, and what that needs is missing: "
                + "\(missing.joined(separator: ", and ")). docs/security.md shows how to make both; or listen on 127.0.0.1."
        )
    }
}

/// Goes by renewed certificates, writes when keys were used, and seals each day of the log of changes.
struct SecurityService: Service {
    let parts: SecurityParts
    /// Told what becomes of certificates.
    let report: @Sendable (HostEvent) -> Void
    private static let interval = Duration.seconds(2)
    private static let sealInterval = Duration.seconds(30)

    /// Runs until it is its turn to stop.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await parts.access.run() }
            group.addTask { await watch() }
            group.addTask { await seal() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func seal() async {
        repeat { await parts.audit.sealIfOver() } while (try? await Task.sleep(for: Self.sealInterval)) != nil
    }

    private func watch() async {
        guard let certificates = parts.certificates else { return }
        while (try? await Task.sleep(for: Self.interval)) != nil {
            do throws(PluginError) {
                if try certificates.refresh() { report(.notice("tls: another certificate is used from now on.")) }
            } catch {
                report(.warning("\(error.message) The certificate before stays in use."))
            }
        }
    }
}
