import HTTPTypes
import HostWebSocket
import Hummingbird

/// What a caller must show for a change: the token in a file that only the user of the host can read.
///
/// Being on this machine proves nothing: other users are, and so are plugins with a network of their own. A socket with
/// rights would not do alone, since a confined plugin has the rights of the host's user and only files are kept from it.
struct Proof: Sendable {
    /// The token; `nil` refuses every change.
    let token: String?

    /// Throws where a request does not show the token, or comes from a web page that is not of this server.
    func check(_ request: Request) throws(GatewayError) {
        if let field = HTTPField.Name("Origin"), let origin = request.headers[field],
            !UpgradeDecision.isOwn(origin: origin, host: request.head.authority)
        {
            throw .foreignOrigin(origin)
        }
        let given = request.headers[.authorization] ?? ""
        guard let token, given.prefix(7).lowercased() == "bearer ", Self.isEqual(given.dropFirst(7), token) else {
            throw .proofRequired(isGiven: !given.isEmpty)
        }
    }

    /// Takes as long for a wrong text as for the right one.
    private static func isEqual(_ given: Substring, _ token: String) -> Bool {
        let (given, token) = (Array(given.utf8), Array(token.utf8))
        var difference = given.count ^ token.count
        for index in token.indices { difference |= Int(token[index] ^ (index < given.count ? given[index] : 0)) }
        return difference == 0
    }
}
