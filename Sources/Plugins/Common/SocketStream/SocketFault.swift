/// Why a WebSocket ended: the `cause` of what it throws.
public struct SocketFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// `snake_case` name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The host is not known, cannot be reached, or did not answer in time.
    public static let unreachable = SocketFault("unreachable")
    /// The server's certificate is not trusted, or encryption could not be agreed on.
    public static let untrusted = SocketFault("untrusted")
    /// The server answered the handshake with another status than 101.
    public static let refused = SocketFault("refused")
    /// The connection broke off without a close.
    public static let reset = SocketFault("reset")
    /// The server closed, with a code.
    public static let closed = SocketFault("closed")
    /// Nothing came for too long.
    public static let silent = SocketFault("silent")
    /// What came is no WebSocket.
    public static let violation = SocketFault("violation")
    /// A message is longer than allowed.
    public static let tooLong = SocketFault("too_long")
    /// The client was closed or its task cancelled.
    public static let stopped = SocketFault("stopped")
}
