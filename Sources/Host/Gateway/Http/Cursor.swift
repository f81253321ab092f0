import HummingbirdCore
import PluginKit

/// Where the next page of a list begins: what `next_cursor` of an answer says and `cursor` of the next request repeats.
///
/// It holds a digest of the path and of the query it belongs to, but for `cursor` and `limit`: with another query it would
/// skip rows or give them twice, so that is an error.
struct Cursor: Equatable {
    /// The parameter.
    static let parameter = Parameter("cursor", .cursor, standard: "the first page")

    /// Where the next page begins; what it means is the list's own.
    let position: Int64

    /// Returns the text of a position in the list that a request asks for.
    static func text(_ position: Int64, of request: EndpointRequest) -> String {
        hex(digest(request)) + hex(UInt64(bitPattern: position))
    }

    /// Reads the one of a request, `nil` where there is none.
    init?(_ request: EndpointRequest) throws(GatewayError) {
        guard let text = request.query["cursor"] else { return nil }
        guard let own = UInt64(text.prefix(16), radix: 16), let position = UInt64(text.dropFirst(16), radix: 16) else {
            throw .badParameter("cursor", text, allowed: ParameterType.cursor.allowed)
        }
        guard own == Self.digest(request) else {
            throw GatewayError(
                .badParameter,
                "gateway: 'cursor' is of another query; allowed is the 'next_cursor' of an answer to this one. Repeat the "
                    + "other parameters as they were, or leave 'cursor' out.")
        }
        self.position = Int64(bitPattern: position)
    }

    private static func digest(_ request: EndpointRequest) -> UInt64 {
        let others = request.query.all.filter { !["cursor", "limit"].contains($0.name) }
            .map { "\($0.name)=\($0.value)" }.sorted()
        return Digest.of(Array(([request.request.uri.path] + others).joined(separator: "\u{0}").utf8))
    }

    private static func hex(_ number: UInt64) -> String { Digest.hex(number) }
}

/// A page of a list that is whole in memory.
struct Page<Row> {
    /// Its rows.
    let rows: ArraySlice<Row>
    /// The cursor of the next page; `nil` on the last.
    let next: String?

    /// Takes the page that a request asks for; `most` where it says no `limit`.
    init(_ all: [Row], _ request: EndpointRequest, most: Int) throws(GatewayError) {
        let limit = request.query["limit"].flatMap { Int($0) } ?? most
        let start = Int(clamping: max(0, try Cursor(request)?.position ?? 0))
        rows = all.dropFirst(start).prefix(limit)
        next =
            all.count > start + rows.count && !rows.isEmpty
            ? Cursor.text(Int64(start + rows.count), of: request) : nil
    }
}

/// FNV-1a of 64 bits: the same in every process, for names of contents and queries; it keeps no secret.
enum Digest {
    /// Returns the digest of bytes.
    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Returns 16 digits.
    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
