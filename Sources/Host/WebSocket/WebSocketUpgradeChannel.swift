package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A server connection that speaks HTTP/1.1 and can become a WebSocket: both on one port.
///
/// Only a connection's first request can upgrade it, as NIO's upgrader has it; browsers open a new one for it anyway.
package struct WebSocketUpgradeChannel: ServerChildChannel, HTTPChannelHandler {
    /// Says why a sound upgrade request is refused, as for a missing token; `nil` admits it. Runs on the connection's
    /// event loop and must not wait. The refusal goes through the ordinary routes.
    package typealias Admit = @Sendable (_ request: ChannelRequest) -> UpgradeRefusal?

    /// A connection, and what it will turn out to be.
    package struct Value: ServerChildChannelValue {
        /// The connection.
        package let channel: any Channel
        let kind: EventLoopFuture<ConnectionKind>
    }

    /// Answers the HTTP requests.
    package let responder: HTTPChannelHandler.Responder
    private let policy: UpgradePolicy

    /// Creates the set-up shared by all connections of a server.
    package init(
        responder: @escaping HTTPChannelHandler.Responder, hub: ChannelHub,
        configuration: WebSocketConfiguration = WebSocketConfiguration(), admit: Admit? = nil
    ) {
        self.responder = responder
        let limit = ConnectionLimit(
            maxTotal: configuration.maxConnections, maxPerAddress: configuration.maxConnectionsPerAddress)
        self.policy = UpgradePolicy(
            hub: hub, configuration: configuration, limit: limit,
            connections: ConnectionTable(limit: configuration.maxOpen), admit: admit)
    }

    /// Adds the handlers of a new connection.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let secure = policy.configuration.secure { try pipeline.addHandler(secure()) }
            let kind = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration(logger))
            let upgrader = try pipeline.handler(type: NIOTypedHTTPServerUpgradeHandler<ConnectionKind>.self)
            let connection = ConnectionGuard(
                rules: RequestRules(allowsHost: policy.configuration.allowsHost), times: policy.configuration.times,
                slot: policy.connections.add(channel))
            try pipeline.addHandlers([connection, UpgradeGate(policy: policy)], position: .before(upgrader))
            return Value(channel: channel, kind: kind)
        }
    }

    /// Serves a connection until it closes; cancelled, it ends a WebSocket with 1001.
    package func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            do {
                switch try await value.kind.get() {
                case .webSocket: try await value.channel.closeFuture.get()
                case .http(let requests): await handleHTTP(asyncChannel: requests, logger: logger)
                }
            } catch {
                logger.trace("Connection ended before its first request", metadata: ["error": "\(error)"])
                value.channel.close(promise: nil)
            }
        } onCancel: {
            value.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    private func configuration(_ logger: Logger) -> NIOUpgradableHTTPServerPipelineConfiguration<ConnectionKind> {
        let http = policy.configuration.http
        var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration<ConnectionKind>(
                upgraders: [ChannelUpgrader(policy: policy)],
                notUpgradingCompletionHandler: { Self.becomeHTTP($0, http, logger) }))
        pipeline.enablePipelining = false
        pipeline.enableResponseHeaderValidation = false
        pipeline.enableErrorHandling = false
        pipeline.decoderConfiguration.maxHeaderFieldSize = http.httpDecoder.maxHeaderFieldSize
        pipeline.decoderConfiguration.maxHeaderListSize = http.httpDecoder.maxHeaderListSize
        pipeline.decoderConfiguration.maxHeaderFieldCount = http.httpDecoder.maxHeaderFieldCount
        return pipeline
    }

    /// Completes the pipeline as Hummingbird's own HTTP/1.1 channel does.
    private static func becomeHTTP(
        _ channel: any Channel, _ http: HTTP1Channel.Configuration, _ logger: Logger
    ) -> EventLoopFuture<ConnectionKind> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            pipeline.removeHandler(try pipeline.handler(type: UpgradeGate.self), promise: nil)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandlers(http.additionalChannelHandlers())
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            let requests = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            return .http(requests)
        }
    }
}

/// What a connection is after its first request.
enum ConnectionKind: Sendable {
    case webSocket
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
}

extension HTTPServerBuilder {
    /// Builds a server for HTTP/1.1 and the WebSocket channels of a hub on one port.
    ///
    /// ```swift
    /// router.addWebSocketRefusals(for: hub)
    /// let app = Application(router: router, server: .http1WebSocketUpgrade(hub: hub))
    /// ```
    package static func http1WebSocketUpgrade(
        hub: ChannelHub, configuration: WebSocketConfiguration = WebSocketConfiguration(),
        admit: WebSocketUpgradeChannel.Admit? = nil
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            WebSocketUpgradeChannel(responder: responder, hub: hub, configuration: configuration, admit: admit)
        }
    }
}
