import CivilTime
import EventTiming
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// What is asked about one instrument, in the words sources have for it.
struct ShareQuestion: Sendable {
    /// Begins messages: `provider/akshare`.
    let owner: String
    let kind: EventKind
    let target: RowTarget
    let timeframe: Timeframe
    let adjustment: Adjustment
    /// Which event times are asked for.
    let span: ShareRange
    /// Nanoseconds since the Unix epoch.
    let now: Int64

    init(_ request: FetchRequest, _ target: RowTarget, _ adjustment: Adjustment, owner: String, now: Int64) {
        (self.owner, self.target, self.adjustment, self.now) = (owner, target, adjustment, now)
        (kind, timeframe) = (request.kind, request.timeframe)
        span = ShareRange(request, now: now)
    }

    var code: String { target.reference.instrument.code }
    var venue: String { target.reference.instrument.venue }
    /// `sh600000`.
    var prefixed: String { venue.lowercased() + code }
    /// How messages name it.
    var what: String { PluginError.quoted("\(target.reference.instrument)") }

    /// The span in minutes; `nil` from a day on.
    var minutes: Int? {
        switch timeframe.unit {
        case .minute: timeframe.count
        case .hour: timeframe.count * 60
        default: nil
        }
    }

    var isDaily: Bool { timeframe == Timeframe(1, .day) }

    /// The word a source has for a span of a day, week or month; `nil` for others.
    func word(_ day: String, _ week: String, _ month: String) -> String? {
        guard timeframe.count == 1 else { return nil }
        return switch timeframe.unit {
        case .day: day
        case .week: week
        case .month: month
        default: nil
        }
    }

    /// The first and last local day asked for, `2024-03-20`.
    var days: (first: String, last: String) {
        let days = span.days(target)
        return (ISO8601.format(days.first), ISO8601.format(days.last))
    }

    /// Reads a reply of JSON, or of a script that holds some.
    func json(_ response: HTTPResponse) throws(PluginError) -> JSONNode {
        guard !response.isWebPage else { throw malformed(response, "is a web page, not data") }
        guard let json = ScriptText.json(response.body) else { throw malformed(response, "has no data in it") }
        return try JSONNode(json, JSONSubject("\(owner): the reply of \(response.place)"))
    }

    /// The fault of a reply that is no answer.
    func malformed(_ response: HTTPResponse, _ what: String) -> PluginError {
        PluginError(
            .malformed,
            "\(owner): the reply of \(response.place) for \(self.what) \(what). Route to another provider, and report it if it "
                + "lasts.")
    }

    /// The fault of a source that does not know the instrument.
    func unknown(_ response: HTTPResponse, _ words: String = "") -> PluginError {
        PluginError(
            .notFound, "\(owner): \(response.place) has nothing of \(what)\(words). Check the symbol and the range.")
    }
}
