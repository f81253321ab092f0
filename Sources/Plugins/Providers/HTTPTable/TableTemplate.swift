import CivilTime
import EventTiming
import HTTPFetch
import PluginKit
import TimeZones

/// Fills the words in braces of the address, the body and the paths, for one instrument and range.
struct TableTemplate: Sendable {
    /// The words that may stand in braces.
    static let placeholders = ["symbol", "code", "venue", "timeframe", "from", "to", "page", "secret"]

    private let options: TableOptions
    private let values: [String: String]
    private let isKnownTimeframe: Bool
    private let timeframe: Timeframe

    init(_ options: TableOptions, _ request: FetchRequest, _ target: RowTarget, now: Int64) {
        self.options = options
        timeframe = request.timeframe
        let instrument = target.reference.instrument
        func cased(_ text: String) -> String {
            switch options.symbolCase {
            case "lower": text.lowercased()
            case "upper": text.uppercased()
            default: text
            }
        }
        let names = [
            "code": cased(instrument.code), "venue": cased(options.venues[instrument.venue] ?? instrument.venue),
        ]
        let word = options.timeframes["\(request.timeframe)"]
        isKnownTimeframe = options.kind != .bar || options.timeframes.isEmpty || word != nil
        let range = Self.asked(request, options, now)
        values = names.merging([
            "symbol": options.symbols["\(instrument)"] ?? Self.fill(options.symbol, names) { $0 },
            "timeframe": word ?? "\(request.timeframe)", "secret": options.secret.reveal(),
            "from": Self.text(range.lowerBound, options, target), "to": Self.text(range.upperBound, options, target),
        ]) { first, _ in first }
    }

    /// Returns a path of the reply with its words filled.
    func path(_ path: String) -> String { Self.fill(path, values) { $0 } }

    /// Returns the request for a page.
    func request(_ paging: TablePaging) throws(PluginError) -> HTTPRequest {
        guard isKnownTimeframe else {
            throw PluginError(
                .badRequest,
                "\(options.instance): \(timeframe) is not among 'timeframes'; allowed \(options.timeframes.keys.sorted())."
            )
        }
        var values = values
        values["page"] = paging.page.map { "\($0)" } ?? ""
        guard let first = HTTPAddress(Self.fill(options.url, values, HTTPAddress.encoded)) else {
            throw PluginError(.badRequest, "\(options.instance): 'url' is no address for this instrument. Set symbols.")
        }
        let address = try paging.address(after: first)
        let headers = options.headers.sorted { $0.key < $1.key }.map { name, value in
            HTTPRequest.Header(name, Self.fill(value, values) { $0 })
        }
        guard options.method == .post else { return HTTPRequest(get: address, headers: headers) }
        let body = Self.fill(options.body, values) { $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
        let kind = HTTPRequest.Header("Content-Type", "application/json")
        return HTTPRequest(post: address, headers: [kind] + headers, body: Array(body.utf8))
    }

    private static func fill(
        _ text: String, _ values: [String: String], _ encode: (String) -> String
    ) -> String {
        // In one pass, so that what is put in is not looked into.
        var filled = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "{") {
            filled += rest[..<start]
            let end = rest[start...].firstIndex(of: "}")
            if let end, let value = values[String(rest[rest.index(after: start)..<end])] {
                filled += encode(value)
                rest = rest[rest.index(after: end)...]
            } else {
                filled += "{"
                rest = rest[rest.index(after: start)...]
            }
        }
        return filled + rest
    }

    /// The range to ask for: from a timeframe earlier, since sources may date a bar by its start, to now at most.
    private static func asked(_ request: FetchRequest, _ options: TableOptions, _ now: Int64) -> ClosedRange<Int64> {
        let span = request.kind == .bar ? request.timeframe.nanoseconds : 0
        let (start, overflows) = request.range.lowerBound.subtractingReportingOverflow(span)
        let first = max(overflows ? .min : start, options.since)
        return first...max(first, min(request.range.upperBound, now))
    }

    private static func text(_ instant: Int64, _ options: TableOptions, _ target: RowTarget) -> String {
        let second = instant.flooredDivision(by: 1_000_000_000).quotient
        let day = (second + target.zone.offset(at: second)).flooredDivision(by: 86_400).quotient
        let date = ISO8601.format(CivilDate(daysSinceEpoch: day))
        switch options.urlTime {
        case "compact_date": return date.replacing("-", with: "")
        case "iso8601": return ISO8601.format(second * 1_000_000_000)
        case "epoch_s": return "\(second)"
        case "epoch_ms": return "\(second)000"
        default: return date
        }
    }
}
