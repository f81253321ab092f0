import NIOHTTP1

/// Why a request is refused before any route sees it; its connection ends with the answer.
struct RequestRefusal: Equatable {
    /// The HTTP status.
    let status: HTTPResponseStatus
    /// The machine-readable code, in `snake_case`.
    let code: String
    /// What is wrong and what to do.
    let message: String

    /// A request that breaks RFC 9112.
    static func badRequest(_ message: String) -> Self {
        Self(status: .badRequest, code: "bad_request", message: "gateway: \(message)")
    }

    /// Bytes that are no HTTP/1.1.
    static let unreadable = badRequest("the bytes are no HTTP/1.1 request. Check the client.")

    /// A request that was begun and not ended in time.
    static let timeout = Self(
        status: .requestTimeout, code: "request_timeout",
        message: "gateway: the request was not sent whole in time. Send it again.")
}

/// What RFC 9112 asks of a request's head beyond what the parser sees to, and which names of the server it may use.
struct RequestRules: Sendable {
    /// Whether a request may name the server so, `HOST:PORT` as in `Host`; `nil` allows every name.
    ///
    /// A web page that lets its own name lead to this machine (DNS rebinding) sends that name.
    var allowsHost: (@Sendable (String) -> Bool)?

    /// Returns why a head is refused; `nil` where it is sound. An absolute target becomes a path and `Host`.
    func refusal(_ head: inout HTTPRequestHead) -> RequestRefusal? {
        framing(head) ?? target(&head) ?? host(head)
    }

    /// A message's length must be said in one way, or two readers could disagree where it ends.
    private func framing(_ head: HTTPRequestHead) -> RequestRefusal? {
        guard head.headers.contains(name: "transfer-encoding") else { return nil }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        if head.version != .http1_1 { return .badRequest("'Transfer-Encoding' needs HTTP/1.1.") }
        if head.headers.contains(name: "content-length") {
            return .badRequest("'Transfer-Encoding' and 'Content-Length' are both there. Send one.")
        }
        if codings == ["chunked"] { return nil }
        guard codings.last == "chunked" else {
            return .badRequest("'Transfer-Encoding' does not end with chunked; allowed chunked.")
        }
        return RequestRefusal(
            status: .notImplemented, code: "not_implemented",
            message: "gateway: 'Transfer-Encoding' has more than chunked; allowed chunked. Send the body as it is.")
    }

    private func target(_ head: inout HTTPRequestHead) -> RequestRefusal? {
        if head.uri.utf8.first == UInt8(ascii: "/") || (head.uri == "*" && head.method == .OPTIONS) { return nil }
        let scheme = "http://"
        guard head.uri.prefix(scheme.count).lowercased() == scheme else {
            return .badRequest("the target is no path; allowed /PATH.")
        }
        let rest = head.uri.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest[authority.endIndex...]
        head.uri = path.first == "/" ? String(path) : "/\(path)"
        guard head.headers["host"].count == 1 || head.version != .http1_1 else { return nil }
        head.headers.replaceOrAdd(name: "host", value: String(authority))
        return nil
    }

    private func host(_ head: HTTPRequestHead) -> RequestRefusal? {
        var found: String?
        for field in head.headers where Self.isHost(field.name) {
            guard found == nil else { return .badRequest("'Host' is there more than once. Send it once.") }
            found = field.value
        }
        guard let found else {
            return head.version != .http1_1 && allowsHost == nil ? nil : .badRequest("'Host' is missing. Send it.")
        }
        guard !found.isEmpty, found.utf8.allSatisfy(Self.isOfAuthority) else {
            return .badRequest("'Host' is no name of a server; allowed HOST or HOST:PORT.")
        }
        if allowsHost?(found) ?? true { return nil }
        return RequestRefusal(
            status: .forbidden, code: "forbidden",
            message:
                "gateway: 'Host' is '\(found.prefix(200))'; allowed are the address the server listens on, localhost "
                + "and loopback addresses. Ask under one of these names.")
    }

    private static func isHost(_ name: String) -> Bool {
        name.utf8.count == 4 && zip(name.utf8, "host".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    private static func isOfAuthority(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
