package import HummingbirdCore
package import NIOCore

/// Limits and timing of a server's connections.
package struct WebSocketConfiguration: Sendable {
    /// The time between two pings; a client that leaves two unanswered for a whole interval is closed with 1011.
    package var pingInterval: Duration = .seconds(20)
    /// How long a client has to answer a Close before its socket is closed without one.
    package var closeTimeout: Duration = .seconds(2)
    /// How long a connection that speaks HTTP may take over each part of its work.
    package var times = ConnectionTimes()
    /// How many connections may be open; above it one that waits for its client ends for each new one.
    package var maxOpen = 1280
    /// Names of the server a request may use in `Host`; `nil` allows every name.
    package var allowsHost: (@Sendable (_ host: String) -> Bool)?
    /// Makes the handler that encrypts a new connection; `nil` leaves connections as they are.
    package var secure: (@Sendable () throws -> any ChannelHandler)?
    /// Finds out whether a sound upgrade request is let in, where that takes time.
    package typealias Authorization = @Sendable () async -> Bool
    /// Returns what finds out whether an upgrade request is let in, `nil` where it is; a refusal goes through the ordinary routes.
    package var authorize: (@Sendable (_ request: ChannelRequest, _ channel: any Channel) -> Authorization?)?
    /// Whether a client that was let in may stay; asked at each ping, `nil` lets everybody.
    package var mayStay: (@Sendable (_ request: ChannelRequest) -> Bool)?
    /// The largest frame a client may send, in bytes; above it the connection ends with 1009.
    package var maxFrameSize = 64 * 1024
    /// The largest message a client may send over several frames, in bytes; above it the connection ends with 1009.
    package var maxMessageSize = 256 * 1024
    /// How many WebSocket connections may be open; above it an upgrade is answered with 503.
    package var maxConnections = 1024
    /// How many of them one address may have; `nil` sets no limit of its own.
    package var maxConnectionsPerAddress: Int?
    /// Origins of browser pages that may connect besides the server's own, as `https://desk.example`; `*` allows all.
    ///
    /// A browser sends `Origin` and does not apply the same-origin rule to WebSockets, so without this check any page
    /// the user visits could read a server on loopback. Programs send no `Origin` and are not concerned.
    package var allowedOrigins: Set<String> = []
    /// The HTTP/1.1 side: limits of the decoder, more handlers.
    package var http = HTTP1Channel.Configuration()

    /// Creates the default configuration.
    package init() {}
}
