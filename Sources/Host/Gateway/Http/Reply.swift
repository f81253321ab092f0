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
    /// The cursor of the next page; `nil` where there is none.
    var next: String?
    /// Whether it is a table without rows.
    var isEmpty = false
    /// The body.
    let body: ByteBuffer

    /// Creates an answer of JSON.
    init(status: HTTPResponse.Status = .ok, next: String? = nil, isEmpty: Bool = false, _ json: JSONText) {
        self.status = status
        self.isEmpty = isEmpty
        self.next = next
        self.body = ByteBuffer(bytes: json.bytes)
    }

    /// Creates an answer of bytes.
    init(contentType: String, _ bytes: [UInt8]) {
        self.contentType = contentType
        self.body = ByteBuffer(bytes: bytes)
    }

    /// A name of the body: equal bytes have equal names.
    var tag: String { Digest.hex(Digest.of(body.readableBytesView)) }

    /// Returns the answer with another body.
    func replaced(contentType: String, _ bytes: [UInt8]) -> Reply {
        var reply = Reply(contentType: contentType, bytes)
        (reply.status, reply.fields, reply.next) = (status, fields, next)
        return reply
    }

    /// The answer to a client that has the body.
    var notModified: Reply {
        var reply = replaced(contentType: contentType, [])
        reply.status = .notModified
        return reply
    }

    /// The answer as Hummingbird sends it, `Content-Length` included.
    func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers = fields
        if status == .notModified { return Response(status: status, headers: headers) }
        headers[.contentType] = contentType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
