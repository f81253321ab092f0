import HTTPTypes

/// `/openapi.json` and `/docs`: what the routes are.
struct DescriptionAnswers: Sendable {
    private let json: [UInt8]

    /// Describes the routes of a host of a version, with the paths of its channels.
    init(version: String, channels: [String]) {
        json = OpenAPIDocument(endpoints: Endpoint.all, channels: channels, version: version).bytes
    }

    /// Answers with the document.
    func document() -> Reply { Reply(contentType: Reply.json, json) }

    /// Answers with a page that reads the document. It loads nothing from elsewhere, and no other page may frame it.
    func page() -> Reply {
        var reply = Reply(contentType: "text/html; charset=utf-8", PackageResources.docs_html)
        if let policy = HTTPField.Name("Content-Security-Policy") {
            reply.fields[policy] =
                "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                + "frame-ancestors 'none'; base-uri 'none'"
        }
        return reply
    }
}
