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

    /// Creates the request from an HTTP head.
    init(head: HTTPRequestHead, remoteAddress: SocketAddress?) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = String(parts.first ?? "")
        self.query = parts.count > 1 ? String(parts[1]) : ""
        self.headers = head.headers
        self.remoteAddress = remoteAddress
    }
}
