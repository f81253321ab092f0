import NIOCore
import NIOHTTP1

/// Looks at a connection's first request before NIO's upgrader does.
///
/// The upgrader closes a connection whose upgrade it refuses without an answer. Therefore a request that may not
/// upgrade loses its `Upgrade` field here and reaches the ordinary routes, which answer 400, 401, 404, 426 or 503.
/// The gate also ends a connection that sends no request before the server stops: no other handler watches for it yet.
/// It leaves the pipeline once the connection is known to be HTTP or WebSocket.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let policy: UpgradePolicy
    private var isDecided = false

    /// Creates the gate of one connection.
    init(policy: UpgradePolicy) {
        self.policy = policy
    }

    /// After the first head all passes untouched: frames a client sends right behind its upgrade request are raw bytes.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDecided, case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        isDecided = true
        head.headers.remove(name: UpgradeRefusal.fieldName)
        switch policy.decide(head, channel: context.channel) {
        case .ordinary, .upgrade:
            break
        case .notAChannel:
            head.headers.remove(name: "upgrade")
            head.headers.replaceOrAdd(name: "connection", value: "close")
        case .refuse(let refusal):
            head.headers.remove(name: "upgrade")
            head.headers.replaceOrAdd(name: "connection", value: "close")
            head.headers.add(name: UpgradeRefusal.fieldName, value: refusal.fieldValue)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Who may upgrade: the rules all connections of a server share.
struct UpgradePolicy: Sendable {
    let hub: ChannelHub
    let configuration: WebSocketConfiguration
    let limit: ConnectionLimit
    let connections: ConnectionTable
    let admit: WebSocketUpgradeChannel.Admit?

    /// Judges a request; one that may upgrade holds a place in the limit until its channel closes.
    func decide(_ head: HTTPRequestHead, channel: any Channel) -> UpgradeDecision {
        let decision = UpgradeDecision(
            head: head, remoteAddress: channel.remoteAddress, hub: hub, allowedOrigins: configuration.allowedOrigins)
        guard case .upgrade(let request) = decision else { return decision }
        if let refusal = admit?(request) { return .refuse(refusal) }
        let address = channel.remoteAddress?.ipAddress
        guard limit.reserve(address: address) else { return .refuse(.tooManyConnections) }
        channel.closeFuture.whenComplete { [limit] _ in limit.release(address: address) }
        return decision
    }
}
