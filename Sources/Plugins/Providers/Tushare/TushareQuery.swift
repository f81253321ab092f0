import HTTPFetch
import JSONWriting
import PluginKit

/// A question: the name of a table, its parameters and the columns wanted.
struct TushareQuery: Sendable {
    let api: String
    var parameters: [(name: String, value: String)]
    let columns: [String]

    /// Returns the request for the rows behind some that were there already.
    func request(_ address: HTTPAddress, token: Secret, offset: Int) -> HTTPRequest {
        var body = Array(#"{"api_name":"#.utf8)
        JSONBytes.append(api, to: &body)
        body += Array(#","token":"#.utf8)
        JSONBytes.append(token.reveal(), to: &body)
        body += Array(#","params":{"#.utf8)
        let paging = offset == 0 ? [] : [(name: "offset", value: "\(offset)")]
        for (number, parameter) in (parameters + paging).enumerated() {
            if number > 0 { body.append(UInt8(ascii: ",")) }
            body += JSONBytes.key(parameter.name)
            JSONBytes.append(parameter.value, to: &body)
        }
        body += Array(#"},"fields":"#.utf8)
        JSONBytes.append(columns.joined(separator: ","), to: &body)
        body.append(UInt8(ascii: "}"))
        return HTTPRequest(
            post: address, headers: [HTTPRequest.Header("Content-Type", "application/json")], body: body)
    }
}
