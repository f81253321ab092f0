/// What a source answered, whatever its status.
public struct HTTPResponse: Sendable {
    /// Status, 200 and the like.
    public let status: Int
    /// Headers of the last reply, names in lower case, in their order.
    public let headers: [HTTPRequest.Header]
    /// Body, unpacked; at most `HTTPOptions.maximumBytes`.
    public let body: [UInt8]
    /// Host and path that answered, after redirects; without query, so it may be shown.
    public let place: String

    /// Creates a response.
    public init(status: Int, headers: [HTTPRequest.Header] = [], body: [UInt8], place: String) {
        self.status = status
        self.headers = headers
        self.body = body
        self.place = place
    }

    /// Returns the first value of a header; give the name in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The body as text; bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Whether the body is a web page: what a gateway, a login or a robot check answers with, also with status 200.
    public var isWebPage: Bool {
        let start = String(decoding: body.prefix(256), as: UTF8.self).drop { $0.isWhitespace }.lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html") || start.hasPrefix("<head")
    }
}
