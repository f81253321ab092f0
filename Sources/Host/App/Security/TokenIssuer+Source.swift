import AccessScopes
import HTTPFetch
import HostManifest
import HostSecurity
import PluginKit

extension TokenIssuer {
    /// Most bytes of an issuer's keys.
    private static let sizeLimit = 1 << 20

    /// Makes the issuer of a manifest: its keys come from a file, or by HTTPS.
    convenience init(
        _ issuer: SecuritySettings.Issuer, roles: RoleTable, warn: @escaping @Sendable (String) -> Void
    ) throws(PluginError) {
        self.init(
            Settings(
                issuer: issuer.issuer, audience: issuer.audience, claim: issuer.claim, grants: issuer.grants,
                skew: issuer.skew),
            roles: roles, source: try Self.source(issuer.keys), warn: warn)
    }

    private static func source(_ place: String) throws(PluginError) -> Source {
        guard place.hasPrefix("https://") else {
            return { () async throws(PluginError) in
                do throws(SmallFile.Failure) {
                    return try SmallFile.read(place, limit: sizeLimit)
                } catch {
                    throw PluginError(.environment, "\(PluginError.quoted(place)): \(error.reason)")
                }
            }
        }
        guard let address = HTTPAddress(place) else {
            throw PluginError(
                .configuration,
                "security: 'host.security.issuer.keys' is \(PluginError.quoted(place)), which is no address; allowed "
                    + "https://HOST/PATH.")
        }
        let options = HTTPOptions(connectTimeout: .seconds(5), timeout: .seconds(10), maximumBytes: sizeLimit)
        let client = try HTTPClient(options, owner: "security")
        return { () async throws(PluginError) in
            let response = try await client.fetch(HTTPRequest(get: address))
            guard response.status == 200 else {
                throw PluginError(.transient, "\(response.place) answered \(response.status)")
            }
            return response.body
        }
    }
}
