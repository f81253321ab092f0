public import PluginKit

/// What came over one of the streams of an `EventSource`.
public struct StreamArrival: Sendable {
    /// What it is.
    public enum Content: Sendable {
        /// The server has accepted; events follow.
        case opened
        /// Events, in order.
        case events([ServerEvent])
        /// The stream has ended; nothing more comes until it is opened again.
        case ended(PluginError)
    }

    /// The number the stream was opened with.
    public let stream: Int
    /// What it is.
    public let content: Content
}

/// Streams of server-sent events over HTTP, as many as are opened, on one thread.
///
/// What comes waits, up to 16 MiB, until it is taken: then nothing more is read, which holds the sources back. A stream over
/// which nothing comes for too long is ended. `EventSession` opens again what breaks off.
///
/// ```swift
/// let source = try EventSource(HTTPOptions(configuration), StreamOptions(configuration), owner: configuration.instance)
/// source.open(0, HTTPRequest(get: address))
/// while true { for arrival in try await source.receive() { ... } }
/// ```
public final class EventSource: Sendable {
    private let loop: EventSourceLoop

    /// Creates a source; does nothing outside yet.
    ///
    /// - Parameters:
    ///   - owner: begins every message: `provider/akshare`.
    ///   - secrets: texts that no message shows.
    /// - Throws: `.environment` where the system has no descriptor left.
    public init(
        _ options: HTTPOptions, _ bounds: StreamOptions, owner: String, secrets: [Secret] = []
    ) throws(PluginError) {
        loop = try EventSourceLoop(
            TransferReport(owner: owner, options: options, redaction: Redaction(secrets)), bounds)
    }

    deinit { loop.stop() }

    /// Opens a stream, after a wait; what becomes of it is received. A number is used again only after its stream ended.
    public func open(_ stream: Int, _ request: HTTPRequest, after wait: Duration = .zero) {
        loop.open(stream, request, after: wait)
    }

    /// Returns what has come since, waiting for something; one task at a time.
    ///
    /// The end of a stream is an arrival: `.transient` where it broke off, was ended by the server or fell silent, the class of the
    /// status it was refused with, `.malformed` for what is no stream of events. Its `cause` is an `HTTPFault`.
    ///
    /// - Throws: `.cancelled`, `.environment`.
    public func receive() async throws(PluginError) -> [StreamArrival] { try await loop.receive() }

    /// Ends all streams; can be called again.
    public func close() { loop.stop() }
}
