/// Where a request goes: an absolute `http` or `https` URL, put together from parts that are percent-encoded here.
///
/// ```swift
/// let base = HTTPAddress("https://query2.finance.yahoo.com")
/// let chart = base?.path("v8", "finance", "chart", "^GSPC").query([("interval", "1d")])
/// ```
public struct HTTPAddress: Sendable, Hashable {
    /// `http` or `https`.
    public let scheme: String
    /// Host and port, as written; a user name and password before them, where the URL has them, are part of it.
    public let authority: String
    /// Path from its slash on, encoded; empty for the root.
    public private(set) var path: String
    /// What is behind the question mark, encoded; may hold secrets, so it is never shown.
    public private(set) var query: String

    /// Reads a URL; `nil` where it is none, has another scheme, a fragment, or a character that must be encoded.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !text.utf8.contains(where: { "#\"<>\\^`{|}".utf8.contains($0) }),
            let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix($0 + "://") })
        else { return nil }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard end > rest.startIndex else { return nil }
        self.scheme = scheme
        authority = String(rest[..<end])
        let parts = rest[end...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
    }

    /// Longer URLs are refused by common servers.
    private static let maximumLength = 8_000

    /// The whole URL, query included; give it to nobody but the source.
    public var text: String { "\(shownWithScheme)\(query.isEmpty ? "" : "?\(query)")" }

    /// Host and path, without user, password and query: what messages show.
    public var shown: String { (authority.split(separator: "@").last.map(String.init) ?? "") + path }

    /// Returns the address with path segments added; each is encoded, a slash within one too.
    public func path(_ segments: String...) -> HTTPAddress {
        var address = self
        if address.path.hasSuffix("/") { address.path.removeLast() }
        for segment in segments { address.path += "/" + Self.encoded(segment) }
        return address
    }

    /// Returns the address with query items added; names and values are encoded.
    public func query(_ items: [(name: String, value: String)]) -> HTTPAddress {
        var address = self
        for item in items {
            let text = "\(Self.encoded(item.name))=\(Self.encoded(item.value))"
            address.query += address.query.isEmpty ? text : "&\(text)"
        }
        return address
    }

    /// Encodes text for a path segment or query item: everything but letters, digits and `-._~` (RFC 3986).
    public static func encoded(_ text: some StringProtocol) -> String {
        var encoded: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Whether both have the same scheme, host and port.
    public func hasSameOrigin(as other: HTTPAddress) -> Bool {
        scheme == other.scheme && authority.lowercased() == other.authority.lowercased()
    }

    private var shownWithScheme: String { "\(scheme)://\(authority)\(path)" }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }
}
