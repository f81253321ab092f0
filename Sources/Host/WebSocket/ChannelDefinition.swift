package import NIOCore

/// A WebSocket channel a hub serves: its path, and what a client gets first.
package struct ChannelDefinition: Sendable {
    /// Makes a client's first message, as a snapshot of what it missed; `nil` sends none.
    ///
    /// It runs on the client's event loop after the client was subscribed: it must be quick and must not wait.
    /// A message published at the same time may follow although the snapshot holds it already; none is lost.
    package typealias Welcome = @Sendable (_ request: ChannelRequest) -> ByteBuffer?

    /// The path, as `/ws/enhanced`; it matches exactly.
    package let path: String
    /// Makes a client's first message.
    package let welcome: Welcome?
    /// How many of the newest messages `welcome` is given.
    let recent: Int

    /// Declares a channel.
    package init(path: String, recent: Int = 0, welcome: Welcome? = nil) {
        self.path = path
        self.recent = recent
        self.welcome = welcome
    }
}

/// Names one connection of a hub; never used again after it.
package struct ClientID: Hashable, Sendable, CustomStringConvertible {
    let rawValue: Int

    /// The number of the connection, for logs.
    package var description: String { "\(rawValue)" }
}

/// A text message a client sent.
package struct ClientMessage: Sendable {
    /// Who sent it.
    package let client: ClientID
    /// The path of the client's channel.
    package let channel: String
    /// The message.
    package let text: String
}
