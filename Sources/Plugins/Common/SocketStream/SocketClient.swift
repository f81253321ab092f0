public import HTTPFetch
public import PluginKit

/// One connection to a source over a WebSocket (RFC 6455), plain or encrypted; it is opened once.
///
/// Pings are answered, and sent where it is quiet; messages in parts are joined; compression is not asked for. The work is
/// done on one thread of the socket's own. What comes waits, up to 16 MiB, until it is taken: then nothing more is
/// read, which holds the source back. `SocketSession` connects again what breaks off.
///
/// ```swift
/// let socket = try SocketClient(address, SocketOptions(configuration), owner: configuration.instance)
/// try await socket.open()
/// socket.send(#"{"subscribe":["AAPL"]}"#)
/// while true { for message in try await socket.receive() { ... } }
/// ```
public final class SocketClient: Sendable {
    private let loop: SocketLoop
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void

    /// Creates a socket; does nothing outside yet.
    ///
    /// - Parameters:
    ///   - address: from `HTTPAddress(webSocket:)`.
    ///   - owner: begins every message: `provider/yahoo`.
    ///   - secrets: texts that no message or log line shows.
    /// - Throws: `.environment` where the system has no descriptor left.
    public init(
        _ address: HTTPAddress, _ options: SocketOptions, owner: String, secrets: [Secret] = [],
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
    ) throws(PluginError) {
        loop = try SocketLoop(
            address, options,
            SocketReport(owner: owner, address: address, options: options, redaction: Redaction(secrets)))
        self.log = log
    }

    deinit { loop.stop() }

    /// Connects; returns when the server has accepted.
    ///
    /// - Throws: the class of the HTTP status the server refused with, `.transient`, `.malformed`, `.environment`,
    ///   `.cancelled`; `cause` is a `SocketFault`. Messages have host and path, no query.
    public func open() async throws(PluginError) {
        try await loop.open()
        log(.trace, "connected", ["provider.id": loop.report.owner, "place": loop.report.place])
    }

    /// Sends a text; does not wait.
    ///
    /// - Parameter span: how often it is sent again from now on, in place of what was repeated before; `nil` for once.
    public func send(_ text: String, every span: Duration? = nil) { loop.send(text, every: span) }

    /// Returns what has come since, waiting for at least one message; one task at a time.
    ///
    /// - Throws: `.transient` where the connection broke off, was closed or fell silent, `.rateLimited` where it was
    ///   closed with 1008, `.malformed` for what is no WebSocket, `.cancelled`; after all that came before it.
    public func receive() async throws(PluginError) -> [SocketMessage] { try await loop.receive() }

    /// Closes; can be called again.
    public func close() { loop.stop() }
}
