import HTTPFetch
import JSONReading
import PluginKit

/// What Yahoo means by its errors: a status, an envelope with words, or a page.
enum YahooFault {
    /// Returns the fault of a response, or `nil` where it is good.
    static func fault(of response: HTTPResponse, for what: String, _ instance: String) -> PluginError? {
        if response.status == 429 || response.status == 999 || isTooMany(response) {
            return rateLimited(response, what, instance)
        }
        if response.isWebPage {
            return PluginError(
                .transient,
                "\(instance): Yahoo answered \(what) with a web page (HTTP \(response.status)), as it does when it is down or asks "
                    + "for consent. It is asked again.")
        }
        guard let fault = response.fault(instance, for: what) else { return nil }
        guard let words = words(response) else { return fault }
        return PluginError(
            code(fault.code, words), "\(fault.message) Yahoo says \(PluginError.quoted(words)).",
            retryAfter: fault.retryAfter)
    }

    /// Returns the fault of an envelope, of `chart` or the like, that came with a good status.
    static func fault(in envelope: JSONNode, _ instance: String) -> PluginError? {
        let error = envelope["error"]
        guard !error.isNull else { return nil }
        let words = error["description"].text ?? error["code"].text ?? "an error without words"
        let first: PluginError.Code = error["code"].text == "Not Found" ? .notFound : .badRequest
        return PluginError(
            code(first, words), "\(instance): Yahoo says \(PluginError.quoted(words)). Check symbol and range.")
    }

    private static func isTooMany(_ response: HTTPResponse) -> Bool {
        response.body.count < 512 && response.text.lowercased().contains("too many requests")
    }

    private static func rateLimited(_ response: HTTPResponse, _ what: String, _ instance: String) -> PluginError {
        let wait = max(response.retryAfter() ?? .seconds(60), .seconds(60))
        return PluginError(
            .rateLimited,
            "\(instance): HTTP \(response.status) for \(what): Yahoo takes no more requests of this address; next try in "
                + "\(wait.components.seconds) s. Ask for less, or route to another provider.", retryAfter: wait)
    }

    /// The words of an error's envelope, whatever it is called.
    private static func words(_ response: HTTPResponse) -> String? {
        guard let root = try? JSONNode(response.body, JSONSubject("")) else { return nil }
        return root.members.values.lazy.compactMap { $0["error"]["description"].text }.first
    }

    /// Data that Yahoo no longer has is no bad request.
    private static func code(_ code: PluginError.Code, _ words: String) -> PluginError.Code {
        let folded = words.lowercased()
        if folded.contains("data not available") || folded.contains("data doesn't exist") { return .noData }
        return code
    }
}
