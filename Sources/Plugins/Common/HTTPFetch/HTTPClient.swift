public import PluginKit
import Synchronization

/// Asks sources over HTTP: one client for each instance of a provider, with a cookie jar and kept connections of its own.
///
/// HTTP/2 where the server has it, keep-alive, gzip, the proxy variables of the environment (`https_proxy`, `no_proxy`).
/// The work is done on one thread of the client's own, which begins with the first request. A client never retries: the
/// host does.
///
/// ```swift
/// let client = try HTTPClient(HTTPOptions(configuration), owner: configuration.instance, secrets: [key])
/// let response = try await client.fetch(HTTPRequest(get: base.path("query").query([("apikey", key.reveal())])))
/// if let fault = response.fault(configuration.instance, for: "'AAPL'") { throw fault }
/// ```
public final class HTTPClient: Sendable {
    /// The message of the line about a request that was answered, whatever the status.
    public static let answered = "answered"
    /// The message of the line about a request without an answer.
    public static let unanswered = "unanswered"

    private let loop: TransferLoop
    private let owner: String
    private let redaction: Redaction

    /// Creates a client; does nothing outside yet.
    ///
    /// - Parameters:
    ///   - owner: begins every message: `provider/yahoo`.
    ///   - secrets: texts that no message, log line or `HTTPResponse.place` shows.
    ///   - log: gets one `.trace` line for each request, `answered` or `unanswered`, without query, headers and body.
    /// - Throws: `.environment` where the system has no descriptor left or libcurl cannot be used.
    public init(
        _ options: HTTPOptions, owner: String, secrets: [Secret] = [],
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
    ) throws(PluginError) {
        redaction = Redaction(secrets)
        loop = try TransferLoop(TransferReport(owner: owner, options: options, redaction: redaction), log: log)
        self.owner = owner
    }

    deinit { loop.stop() }

    /// Sends a request and returns the whole response, whatever its status.
    ///
    /// Identical requests in flight are one: all callers get the same response, and it is called off when the last of them
    /// is cancelled. A redirect is followed up to five times, within the scheme, and within the host unless the request
    /// says otherwise.
    ///
    /// - Throws: `.transient` for everything that may pass, `.malformed` for a body that is too long or damaged,
    ///   `.badRequest`, `.environment`, `.cancelled`; `cause` is an `HTTPFault`. Messages have host and path, no query.
    public func fetch(_ request: HTTPRequest) async throws(PluginError) -> HTTPResponse {
        for header in request.headers where !Self.isSendable(header) {
            throw PluginError(
                .badRequest,
                "\(owner): the header \(PluginError.quoted(header.name)) has a line end or another control character, or no name. "
                    + "Check the option it comes from.", cause: HTTPFault.unsendable)
        }
        return try await loop.fetch(request).get()
    }

    /// Returns text without the client's secrets, for messages that quote what a source said.
    public func redacted(_ text: String) -> String { redaction.hiding(text) }

    /// Drops all cookies before the next request starts.
    public func forgetCookies() { loop.forgetCookies() }

    /// Calls off what is in flight and closes all connections; can be called again. Later requests throw.
    public func stop() { loop.stop() }

    private static func isSendable(_ header: HTTPRequest.Header) -> Bool {
        let isName = header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        return isName && !header.name.isEmpty && header.value.utf8.allSatisfy { ($0 >= 0x20 || $0 == 9) && $0 != 0x7F }
    }
}
