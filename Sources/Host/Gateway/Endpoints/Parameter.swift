import CivilTime
import PluginKit

/// What a query parameter may hold.
enum ParameterType: Sendable {
    /// Up to so many symbols between commas.
    case symbols(Int)
    /// Up to so many names between commas.
    case names(Int)
    /// Up to so many whole numbers between commas.
    case numbers(Int)
    /// One of these words.
    case word([String])
    /// Some of these words between commas.
    case words([String])
    /// A whole number.
    case count(ClosedRange<Int>)
    /// `5m`, `1h`, `1d`.
    case timeframe
    /// A day or an instant, UTC.
    case time
    /// A day.
    case day
    /// An id of the manifest; which there are is known when it is asked.
    case id
    /// What an earlier answer said.
    case cursor

    /// The allowed values in words.
    var allowed: String {
        switch self {
        case .symbols(let most): "1...\(most) symbols between commas, as AAPL,600519.SH"
        case .names(let most): most == 1 ? "a name" : "1...\(most) names between commas"
        case .numbers(let most): "1...\(most) whole numbers between commas"
        case .word(let words): words.joined(separator: ", ")
        case .words(let words): "of \(words.joined(separator: ", ")), between commas"
        case .count(let range): "\(range.lowerBound)...\(range.upperBound)"
        case .timeframe: "a count and s, m, h, d, w or mo, as 5m, 1h, 1d"
        case .time: "a day or an instant in UTC, as 2012-05-31 or 2012-05-31T20:00:00Z"
        case .day: "a day, as 2012-05-31"
        case .id: "an id of the manifest"
        case .cursor: "'next_cursor' of the answer before"
        }
    }

    /// Returns the nanoseconds that a day (`2012-05-31`) or an instant (`2012-05-31T20:00:00Z`) means; `nil` where a text is
    /// neither, or 64 bits do not hold it.
    static func times(_ text: String) -> ClosedRange<Int64>? {
        guard let day = ISO8601.date(text) else { return ISO8601.parse(text).map { $0...$0 } }
        guard let first = UTCTime(date: day).nanoseconds,
            let last = UTCTime(date: day, ofDay: UTCTime.nanosecondsPerDay - 1).nanoseconds
        else { return nil }
        return first...last
    }

    /// Whether a text is among them.
    func holds(_ text: String) -> Bool {
        switch self {
        case .symbols(let most), .names(let most): (1...most).contains(QueryParameters.parts(text).count)
        case .numbers(let most):
            (1...most).contains(QueryParameters.parts(text).count)
                && QueryParameters.parts(text).allSatisfy { Int64($0) != nil }
        case .word(let words): words.contains(text)
        case .words(let words):
            !QueryParameters.parts(text).isEmpty && QueryParameters.parts(text).allSatisfy(words.contains)
        case .count(let range): Int(text).map(range.contains) ?? false
        case .timeframe: Timeframe(text) != nil
        case .time: Self.times(text) != nil
        case .day: ISO8601.date(text) != nil
        case .id: !text.isEmpty
        case .cursor: text.utf8.count == 32 && text.allSatisfy { $0.isHexDigit && $0.isASCII }
        }
    }
}

/// A query parameter of a route.
struct Parameter: Sendable {
    /// Its name.
    let name: String
    /// What it may hold.
    let type: ParameterType
    /// What holds without it; `nil` where it must be there.
    let standard: String?

    /// Declares a parameter that may be left out.
    init(_ name: String, _ type: ParameterType, standard: String) {
        self.name = name
        self.type = type
        self.standard = standard
    }

    /// Declares a parameter that must be there.
    init(required name: String, _ type: ParameterType) {
        self.name = name
        self.type = type
        standard = nil
    }
}

extension [Parameter] {
    /// Reads a query string; what is unknown, repeated, missing or not allowed is an error that says what is.
    func read(_ query: some StringProtocol) throws(GatewayError) -> QueryParameters {
        let values = QueryParameters(query)
        var seen: Set<String> = []
        for (name, value) in values.all {
            guard let parameter = first(where: { $0.name == name }) else { throw unknown(name) }
            guard seen.insert(name).inserted else {
                throw GatewayError(.badParameter, "gateway: '\(name)' is there more than once; allowed once.")
            }
            if value.isEmpty, parameter.standard == nil { throw Self.missing(parameter) }
            guard parameter.type.holds(value) else { throw Self.refused(parameter, value) }
        }
        for parameter in self where parameter.standard == nil && !seen.contains(parameter.name) {
            throw Self.missing(parameter)
        }
        return values
    }

    private func unknown(_ name: String) -> GatewayError {
        let known = isEmpty ? "none on this route" : map(\.name).joined(separator: ", ")
        return GatewayError(
            .unknownParameter, "gateway: no parameter \(PluginError.quoted(name)) is known; allowed \(known).")
    }

    private static func missing(_ parameter: Parameter) -> GatewayError {
        GatewayError(
            .missingParameter,
            "gateway: '\(parameter.name)' is missing; allowed \(parameter.type.allowed). "
                + "Write ?\(parameter.name)=...")
    }

    private static func refused(_ parameter: Parameter, _ value: String) -> GatewayError {
        if case .symbols = parameter.type {
            let count = QueryParameters.parts(value).count
            return GatewayError(
                .badParameter,
                "gateway: '\(parameter.name)' has \(count) symbols; allowed \(parameter.type.allowed). "
                    + "Ask in several requests.")
        }
        return .badParameter(parameter.name, value, allowed: parameter.type.allowed)
    }
}
