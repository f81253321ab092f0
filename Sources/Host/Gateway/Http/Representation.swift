import Deflation
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer in the form a request asks for: a table as NDJSON or CSV, not at all where the client has it, packed.
struct Representation {
    /// The media types of a table besides JSON.
    enum Table: String, CaseIterable {
        /// A JSON object a line.
        case ndjson = "application/x-ndjson"
        /// A header and a line a row, RFC 4180.
        case csv = "text/csv"

        /// The one `Accept` names before JSON; `nil` where it names none.
        init?(accept: String?) {
            guard let accept, accept != "*/*" else { return nil }
            let named = QualityList(accept)
            let json = named.weight("application/json") ?? 0
            let best = Self.allCases.compactMap { table in named.weight(table.rawValue).map { (table, $0) } }
                .max { $0.1 < $1.1 }
            guard let best, best.1 > 0, best.1 >= json else { return nil }
            self = best.0
        }
    }

    /// Fewer bytes gain nothing from being packed.
    static let smallest = 1024

    private let fields: HTTPFields

    /// Looks at a request's fields.
    init(_ fields: HTTPFields) { self.fields = fields }

    /// Whether the answer as JSON, not packed, is what is asked for: then it may come out of memory.
    func isPlain(bytes: Int) -> Bool {
        fields[.ifNoneMatch] == nil && Table(accept: fields[.accept]) == nil && (bytes < Self.smallest || !takesGzip)
    }

    /// Returns an answer with status 200 in the form asked for.
    func form(of reply: Reply, rows: AnswerForm.Rows?) -> Reply {
        var reply = reply
        if let rows, let table = Table(accept: fields[.accept]) {
            reply = reply.replaced(
                contentType: table == .csv ? "text/csv; charset=utf-8" : table.rawValue,
                JSONTable(Array(reply.body.readableBytesView), rows).text(table))
        }
        let tag = reply.tag
        reply.fields[.vary] = rows == nil ? "Accept-Encoding" : "Accept, Accept-Encoding"
        let isPacked = takesGzip && reply.body.readableBytes >= Self.smallest
        reply.fields[.eTag] = isPacked ? "\"\(tag)-gzip\"" : "\"\(tag)\""
        if isKnown(tag) { return reply.notModified }
        guard isPacked, let packed = Deflation.gzip(Array(reply.body.readableBytesView)) else { return reply }
        reply = reply.replaced(contentType: reply.contentType, packed)
        reply.fields[.contentEncoding] = "gzip"
        return reply
    }

    private var takesGzip: Bool {
        guard let field = fields[.acceptEncoding] else { return false }
        let named = QualityList(field)
        return named.weight("gzip") ?? named.weight("*") ?? 0 > 0
    }

    private func isKnown(_ tag: String) -> Bool {
        guard let known = fields[.ifNoneMatch] else { return false }
        return known == "*"
            || known.split(separator: ",").contains { part in
                let text = part.trimming { $0 == " " }
                let strong = text.hasPrefix("W/") ? text.dropFirst(2) : text
                return strong == "\"\(tag)\"" || strong == "\"\(tag)-gzip\""
            }
    }
}

/// What a field as `Accept` lists, each with its weight, RFC 9110, 12.4.2.
private struct QualityList {
    private var weights: [String: Double] = [:]

    init(_ field: String) {
        for part in field.split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.trimming { $0 == " " || $0 == "\t" } }
            guard let name = pieces.first else { continue }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            weights[name.lowercased()] = weight
        }
    }

    func weight(_ name: String) -> Double? { weights[name] }
}

extension Substring {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        var text = self
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
