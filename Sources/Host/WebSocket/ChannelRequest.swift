package import NIOCore
package import NIOHTTP1

/// The upgrade request a connection began with.
package struct ChannelRequest: Sendable {
    /// The channel's path, as `/ws/enhanced`.
    package let path: String
    /// What followed `?` in the request target, not decoded; empty when nothing did.
    package let query: String
    /// The request's header fields.
    package let headers: HTTPHeaders
    /// Where the client connects from; `nil` over a local socket.
    package let remoteAddress: SocketAddress?
    /// What the client asked for.
    package var choice = ChannelChoice()
    /// The id of the last message that was sent when the client came.
    package var last = 0
    /// The newest messages, as many as the channel's definition wants.
    package var recent: [ByteBuffer] = []

    /// Creates the request from an HTTP head.
    init(head: HTTPRequestHead, remoteAddress: SocketAddress?) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = String(parts.first ?? "")
        self.query = parts.count > 1 ? String(parts[1]) : ""
        self.headers = head.headers
        self.remoteAddress = remoteAddress
    }

    /// Creates the request of a client that is no WebSocket.
    package init(path: String, query: String, choice: ChannelChoice) {
        (self.path, self.query, self.choice) = (path, query, choice)
        (headers, remoteAddress) = ([:], nil)
    }
}
