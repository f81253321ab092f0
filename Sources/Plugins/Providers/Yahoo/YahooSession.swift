import HTTPFetch
import PluginKit
import Synchronization

/// Asks Yahoo: with a browser's headers, and with cookie and crumb where they are needed.
///
/// Cookie and crumb belong together and are fetched once; where Yahoo no longer takes them, once anew. Several requests
/// that need them at one time share the fetch, since identical requests in flight are one.
final class YahooSession: Sendable {
    private let client: HTTPClient
    private let options: YahooOptions
    private let crumb = Mutex<String?>(nil)

    init(_ client: HTTPClient, _ options: YahooOptions) {
        self.client = client
        self.options = options
    }

    /// Returns a good response; `what` is what is asked for, in words.
    ///
    /// Throws `.rateLimited` with a wait of a minute at least, `.notFound`, `.noData`, `.transient`, `.auth`.
    func fetch(
        _ address: HTTPAddress, for what: String, needsCrumb: Bool = false
    ) async throws(PluginError) -> HTTPResponse {
        guard needsCrumb else {
            let response = try await ask(address)
            if let fault = YahooFault.fault(of: response, for: what, options.instance) { throw fault }
            return response
        }
        let known = crumb.withLock { $0 }
        var response = try await ask(address.query([("crumb", try await currentCrumb())]))
        if response.status == 401, known != nil {
            forget(known)
            response = try await ask(address.query([("crumb", try await currentCrumb())]))
        }
        if response.status == 401 { forget(crumb.withLock { $0 }) }
        if let fault = YahooFault.fault(of: response, for: what, options.instance) { throw fault }
        return response
    }

    func stop() { client.stop() }

    /// Drops a crumb and its cookie, unless another request already did.
    private func forget(_ old: String?) {
        let isOurs = crumb.withLock { crumb in
            guard crumb == old else { return false }
            crumb = nil
            return true
        }
        if isOurs { client.forgetCookies() }
    }

    private func currentCrumb() async throws(PluginError) -> String {
        if let known = crumb.withLock({ $0 }) { return known }
        // Only its cookie matters; the page itself is a 404, and Yahoo may do without.
        var cookie = HTTPRequest(get: options.cookie, headers: Self.headers)
        cookie.followsToOtherHosts = true
        do throws(PluginError) { _ = try await client.fetch(cookie) } catch  where error.code == .cancelled {
            throw error
        } catch {}
        let response = try await ask(options.crumb.path("v1", "test", "getcrumb"))
        if let fault = YahooFault.fault(of: response, for: "a crumb", options.instance) { throw fault }
        let text = response.text
        guard (1...64).contains(text.utf8.count), !text.contains(where: { "<> {}\n".contains($0) }) else {
            throw PluginError(
                .auth,
                "\(options.instance): Yahoo gives no crumb, without which it has no quotes and fundamentals. Bars need none; try "
                    + "later, or from another address.")
        }
        crumb.withLock { $0 = text }
        return text
    }

    private func ask(_ address: HTTPAddress) async throws(PluginError) -> HTTPResponse {
        try await client.fetch(HTTPRequest(get: address, headers: Self.headers))
    }

    private static let headers = [
        HTTPRequest.Header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        HTTPRequest.Header("Accept-Language", "en-US,en;q=0.5"),
    ]
}
