import HostSecurity

/// What a caller must show for a change: the token in a file that only the user of the host can read.
///
/// Being on this machine proves nothing: other users are, and so are plugins with a network of their own. A socket with
/// rights would not do alone, since a confined plugin has the rights of the host's user and only files are kept from it.
struct Proof: Sendable {
    /// The token; `nil` refuses every change.
    let token: String?

    /// Throws where a request does not show the token, or comes from a web page that is not of this server.
    func check(_ request: AccessRequest) throws(GatewayError) {
        if let origin = request.foreignOrigin { throw .foreignOrigin(origin) }
        guard isShown(request) else { throw .proofRequired(isGiven: !request.authorization.isEmpty) }
    }

    /// Whether a request shows the token.
    func isShown(_ request: AccessRequest) -> Bool {
        guard let token, case .bearer(let given) = request.credential else { return false }
        return ConstantTime.isEqual(given.utf8, token.utf8)
    }
}
