import AccessScopes
import HTTPTypes
import HostSecurity
import PluginKit

extension GatewayError {
    private static let challenge = #"Bearer realm="penstock""#

    /// Returns what somebody is told who is not let in.
    static func access(_ fault: AccessFault) -> GatewayError {
        switch fault {
        case .nothingShown:
            unauthenticated("the request says not who it is from")
        case .unknown: unauthenticated("what the request shows is no key, session or token of this host")
        case .expired: unauthenticated("the key has expired")
        case .revoked: unauthenticated("the key was revoked")
        case .noRole(let role): unauthenticated("the role \(PluginError.quoted(role)) of the key is none any more")
        case .locked(let seconds): locked(seconds)
        case .busy: locked(1)
        }
    }

    private static func unauthenticated(_ what: String) -> GatewayError {
        var error = GatewayError(
            .unauthenticated,
            "gateway: \(what); allowed 'Authorization: Bearer KEY' with a key of `penstock keys create`, or the login of the "
                + "dashboard.")
        error.fields[.wwwAuthenticate] = challenge
        return error
    }

    private static func locked(_ seconds: Int) -> GatewayError {
        var error = GatewayError(
            .tooManyTries, "gateway: too many wrong keys came from this address. Try again in \(seconds) s.")
        error.fields[.retryAfter] = "\(seconds)"
        return error
    }

    /// Somebody who asks too often.
    static func rateLimited(_ routes: RequestLimits.RouteClass, _ fields: HTTPFields, seconds: Int) -> GatewayError {
        var error = GatewayError(
            .rateLimited,
            "gateway: more requests came than 'host.security.limits.\(routes.rawValue)' allows. Ask again in \(seconds) s."
        )
        error.fields = fields
        error.fields[.retryAfter] = "\(seconds)"
        return error
    }

    /// Somebody who may not do this.
    static func scopeMissing(_ identity: Identity, _ scope: Scope) -> GatewayError {
        GatewayError(
            .scopeMissing,
            "gateway: \(PluginError.quoted(identity.name)) has the role \(PluginError.quoted(identity.role)), which may not "
                + "'\(scope.rawValue)'. Ask as somebody who may, or give the role that scope.")
    }

    /// A page that may be another server's.
    static let noCSRF = GatewayError(
        .forbidden,
        "gateway: a change by a browser's session needs the field 'X-CSRF-Token' with the text 'csrf' of GET /api/v2/session. Send it, "
            + "or use a key.")

    /// A certificate of a machine that has no role.
    static func unknownMachine(_ names: [String]) -> GatewayError {
        GatewayError(
            .scopeMissing,
            "gateway: the certificate is of \(PluginError.quoted(names.joined(separator: ", "))), which has no role. Name it under "
                + "'host.security.tls.machines'.")
    }
}
