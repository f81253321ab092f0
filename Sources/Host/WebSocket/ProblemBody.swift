import JSONWriting
import NIOHTTP1

/// The body of every error: problem details of RFC 9457, and `error` with the code a program tells errors apart by.
///
/// ```
/// {"type":"about:blank","title":"Not Found","status":404,"detail":"...","error":{"code":"...","message":"...","request_id":"..."}}
/// ```
package enum ProblemBody {
    /// `application/problem+json`.
    package static let media = "application/problem+json"

    /// Returns what RFC 9110 calls a status: `Not Found`.
    package static func title(_ status: Int) -> String { HTTPResponseStatus(statusCode: status).reasonPhrase }

    /// Returns the body as JSON.
    package static func bytes(_ status: Int, code: String, message: String, requestID: String) -> [UInt8] {
        var json = JSONText(capacity: 512)
        json.object { json in
            json.field("type", "about:blank")
            json.field("title", title(status))
            json.field("status", status)
            json.field("detail", message)
            json.key("error")
            json.object { json in
                json.field("code", code)
                json.field("message", message)
                json.field("request_id", requestID)
            }
        }
        return json.bytes
    }
}
