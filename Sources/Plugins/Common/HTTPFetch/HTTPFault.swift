/// Why there is no response: the `cause` of what `HTTPClient.fetch` throws, for providers that must tell them apart.
public struct HTTPFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// `snake_case` name.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// The host's name is not known.
    public static let unknownHost = HTTPFault("unknown_host")
    /// Nobody listens there, or the way to it is closed.
    public static let unreachable = HTTPFault("unreachable")
    /// The connection did not stand in time.
    public static let connectTimeout = HTTPFault("connect_timeout")
    /// The reply was not complete in time; also one that drips.
    public static let timeout = HTTPFault("timeout")
    /// The connection was closed before a reply began: some sources ban so.
    public static let closedWithoutReply = HTTPFault("closed_without_reply")
    /// The connection broke within a reply.
    public static let reset = HTTPFault("reset")
    /// The reply ended before its announced length, or its packed body is cut.
    public static let truncated = HTTPFault("truncated")
    /// The packed body cannot be unpacked.
    public static let damagedEncoding = HTTPFault("damaged_encoding")
    /// What came back is no HTTP.
    public static let notHTTP = HTTPFault("not_http")
    /// The body is longer than allowed.
    public static let tooLong = HTTPFault("too_long")
    /// Redirects go in a circle, to another scheme, or to a host the request must not go to.
    public static let redirect = HTTPFault("redirect")
    /// The server's certificate is not trusted, or encryption could not be agreed on.
    public static let untrusted = HTTPFault("untrusted")
    /// The request itself cannot be sent.
    public static let unsendable = HTTPFault("unsendable")
    /// The client was stopped.
    public static let stopped = HTTPFault("stopped")
    /// Nothing came over a stream for too long.
    public static let silent = HTTPFault("silent")
    /// The server ended a stream.
    public static let ended = HTTPFault("ended")
    /// The reply is no stream of events.
    public static let noStream = HTTPFault("no_stream")
    /// More requests wait than are allowed.
    public static let crowded = HTTPFault("crowded")
    /// Something else that may pass.
    public static let other = HTTPFault("other")
}
