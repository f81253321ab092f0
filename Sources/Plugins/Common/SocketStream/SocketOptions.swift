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

    /// The options every provider that uses a WebSocket has beside those of HTTP: `stream_silence`, `reconnect_for`.
    public static let schema: [ConfigurationOption] = [
        .duration(
            "stream_silence", .milliseconds(100)...(.seconds(3_600)), default: .seconds(60),
            "How long nothing at all may come over a stream's connection, answers to its pings included."),
        .duration(
            "reconnect_for", .zero...(.seconds(3_600)), default: .seconds(30),
            "How long a stream that breaks off is connected again before that counts as a fault."),
    ]

    /// Reads the options of `schema` and those of HTTP that it shares.
    public init(_ configuration: Configuration) throws(PluginError) {
        try self.init(
            connectTimeout: configuration.duration("connect_timeout"),
            silence: configuration.duration("stream_silence"),
            reconnecting: configuration.duration("reconnect_for"),
            maximumBytes: configuration.integer("max_body_bytes"),
            userAgent: configuration.text("user_agent"))
    }
}
