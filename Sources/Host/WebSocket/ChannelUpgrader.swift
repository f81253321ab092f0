import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Answers the handshake with NIO's upgrader and builds a pipeline of its own.
///
/// NIO's would add an encoder per connection; here frames are encoded once for all (`ServerFrame`).
struct ChannelUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    private struct NotAChannel: Error {}

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let policy: UpgradePolicy
    private let handshake: NIOTypedWebSocketServerUpgrader<ConnectionKind>

    /// Creates the upgrader of one connection.
    init(policy: UpgradePolicy) {
        self.policy = policy
        self.handshake = NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let isPacked = MessageDeflate.isOffered(head.headers)
                let headers: HTTPHeaders = isPacked ? ["sec-websocket-extensions": MessageDeflate.answer] : [:]
                return channel.eventLoop.makeSucceededFuture(headers)
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededFuture(.webSocket) })
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<ConnectionKind> {
        channel.eventLoop.makeCompletedFuture {
            let request = ChannelRequest(head: upgradeRequest, remoteAddress: channel.remoteAddress)
            guard let index = policy.hub.index(of: request.path) else { throw NotAChannel() }
            let configuration = policy.configuration
            let pipeline = channel.pipeline.syncOperations
            pipeline.removeHandler(try pipeline.handler(type: UpgradeGate.self), promise: nil)
            pipeline.removeHandler(try pipeline.handler(type: ConnectionGuard.self), promise: nil)
            let decoder = WebSocketFrameDecoder(maxFrameSize: configuration.maxFrameSize)
            try pipeline.addHandler(ByteToMessageHandler(decoder))
            try pipeline.addHandler(
                ConnectionHandler(hub: policy.hub, channel: index, request: request, configuration: configuration))
            return .webSocket
        }
    }
}
