import HTTPFetch
public import PluginKit

/// Bounds of a WebSocket.
public struct SocketOptions: Sendable, Hashable {
    /// How long the connection and its handshake may take.
    public var connectTimeout: Duration
    /// How long nothing at all may come, answers to pings included; a ping is sent after a third of it.
    public var silence: Duration
    /// How long a stream that broke off is connected again before that is a fault.
    public var reconnecting: Duration
    /// The longest message, in bytes.
    public var maximumBytes: Int
    /// What the client says it is.
    public var userAgent: String
    /// A file of the certificates that are trusted, in place of the system's; see `HTTPOptions`.
    public var trustedFile: String? = HTTPOptions.trustedByEnvironment

    /// Bytes of messages that wait to be taken; nothing more is read until some were, so the source is held back.
    static let maximumWaiting = 16 << 20

    /// Creates bounds; these defaults fit most sources.
    public init(
        connectTimeout: Duration = .seconds(5), silence: Duration = .seconds(60),
        reconnecting: Duration = .seconds(30), maximumBytes: Int = 32 << 20, userAgent: String = "penstock"
    ) {
        self.connectTimeout = connectTimeout
        self.silence = silence
        self.reconnecting = reconnecting
        self.maximumBytes = maximumBytes
        self.userAgent = userAgent
    }

    /// Reads the options of `StreamOptions.schema` and those of HTTP.
    public init(_ configuration: Configuration) throws(PluginError) {
        let stream = try StreamOptions(configuration)
        try self.init(
            connectTimeout: configuration.duration("connect_timeout"), silence: stream.silence,
            reconnecting: stream.reconnecting,
            maximumBytes: configuration.integer("max_body_bytes"),
            userAgent: configuration.text("user_agent"))
    }
}
