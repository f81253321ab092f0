import AccessScopes
import HostSecurity
import Hummingbird
import Logging

/// What goes along with a request from the door to its answer.
struct GatewayContext: RequestContext {
    /// What Hummingbird needs.
    var coreContext: CoreRequestContextStorage
    /// Where the request comes from.
    let peer: Peer
    /// Who asks; `nil` where nobody had to say.
    var identity: Identity?
    /// What the gate took the request to need; `nil` where it knows no such route.
    var scope: Scope?

    /// Creates the context of a request.
    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = Peer(source.channel)
    }

    /// Throws where the gate let a request in as another one than the router took it for: then nothing is answered.
    func check(_ scope: Scope, _ request: Request) throws(GatewayError) {
        guard self.scope == scope else { throw .unknownRoute(request.uri.path, known: []) }
    }
}
