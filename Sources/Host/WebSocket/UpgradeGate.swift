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
    /// What came while it is being found out who asks.
    private var held: [NIOAny]?

    /// Creates the gate of one connection.
    init(policy: UpgradePolicy) {
        self.policy = policy
    }

    /// After the first head all passes untouched: frames a client sends right behind its upgrade request are raw bytes.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard held == nil else {
            held?.append(data)
            return
        }
        guard !isDecided, case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        isDecided = true
        head.headers.remove(name: UpgradeRefusal.fieldName)
        switch policy.decide(head, channel: context.channel) {
        case .upgrade(let request):
            if let authorize = policy.configuration.authorize?(request, context.channel) {
                return hold(head, authorize, context)
            }
        case .ordinary:
            break
        case .notAChannel:
            head.refuseUpgrade()
        case .refuse(let refusal):
            head.refuseUpgrade()
            head.headers.add(name: UpgradeRefusal.fieldName, value: refusal.fieldValue)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Keeps an upgrade request until it is known whether it is let in.
    private func hold(
        _ head: HTTPRequestHead, _ authorize: @escaping WebSocketConfiguration.Authorization,
        _ context: ChannelHandlerContext
    ) {
        held = []
        let admitted = context.eventLoop.makePromise(of: Bool.self)
        admitted.completeWithTask { await authorize() }
        admitted.futureResult.assumeIsolated().whenComplete { result in
            let parts = self.held ?? []
            self.held = nil
            guard context.channel.isActive else { return }
            var head = head
            if (try? result.get()) != true { head.refuseUpgrade() }
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
            for part in parts { context.fireChannelRead(part) }
            context.fireChannelReadComplete()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

extension HTTPRequestHead {
    /// Makes an ordinary request of it, the last one of its connection.
    fileprivate mutating func refuseUpgrade() {
        headers.remove(name: "upgrade")
        headers.replaceOrAdd(name: "connection", value: "close")
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
