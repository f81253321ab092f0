import HTTPTypes
import Hummingbird
import JSONWriting
import NIOCore

/// A complete answer: status, type and bytes.
struct Reply: Sendable, ResponseGenerator {
    /// `application/json`; JSON is UTF-8 by definition.
    static let json = "application/json"

    /// The HTTP status.
    var status: HTTPResponse.Status = .ok
    /// The `Content-Type`.
    var contentType = Reply.json
    /// Fields the answer carries besides.
    var fields: HTTPFields = [:]
    /// The body.
    let body: ByteBuffer

    /// Creates an answer of JSON.
    init(status: HTTPResponse.Status = .ok, _ json: JSONText) {
        self.status = status
        self.body = ByteBuffer(bytes: json.bytes)
    }

    /// Creates an answer of bytes.
    init(contentType: String, _ bytes: [UInt8]) {
        self.contentType = contentType
        self.body = ByteBuffer(bytes: bytes)
    }

    /// The answer as Hummingbird sends it, `Content-Length` included.
    func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers = fields
        headers[.contentType] = contentType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
