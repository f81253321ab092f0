public import CivilTime
public import PluginKit

extension HTTPResponse {
    /// The fault that the status stands for, or `nil` for 2xx.
    ///
    /// | Status | Code |
    /// |---|---|
    /// | 400 405 406 414 422 | `.badRequest` |
    /// | 401 | `.auth` |
    /// | 402 403 451 | `.permission` |
    /// | 404 410 | `.notFound` |
    /// | 418 | `.banned` |
    /// | 408 425 5xx | `.transient` |
    /// | 429 | `.rateLimited` |
    /// | other | `.malformed` |
    ///
    /// A source that means something else by a status says so before this is asked. `what` is what was asked for, in
    /// words: `'AAPL'`. `Retry-After` becomes `retryAfter`.
    public func fault(_ owner: String, for what: String, now: Int64 = WallClock.now()) -> PluginError? {
        guard !(200..<300).contains(status) else { return nil }
        let wait = retryAfter(now: now)
        let next = wait.map { "; next try in \($0.components.seconds) s" } ?? ""
        return PluginError(
            Self.code(status), "\(owner): HTTP \(status) from \(place) for \(what)\(next). \(Self.remedy(status))",
            retryAfter: wait)
    }

    /// How long the source asks to wait, or `nil` where it does not; at most 7 days.
    public func retryAfter(now: Int64 = WallClock.now()) -> Duration? {
        header("retry-after").flatMap { RetryAfter.wait($0, now: now) }
    }

    private static func code(_ status: Int) -> PluginError.Code {
        switch status {
        case 400, 405, 406, 414, 422: .badRequest
        case 401: .auth
        case 402, 403, 451: .permission
        case 404, 410: .notFound
        case 418: .banned
        case 408, 425, 500...599: .transient
        case 429: .rateLimited
        default: .malformed
        }
    }

    private static func remedy(_ status: Int) -> String {
        switch status {
        case 401: "Check the credentials."
        case 402, 403, 451: "The source refuses this; check what the account or address may ask."
        case 404, 410: "Check the symbol and the base URL."
        case 418, 429: "Ask less often, or route to another provider."
        case 300..<400: "The source has moved; set the base URL to where it is now."
        case 500...599: "The source is in trouble; it is asked again."
        default: "Check the request against the source's documentation."
        }
    }
}
