public import DelimitedText
public import EventTiming
public import FetchAssembly
public import PluginKit
import TimeZones

/// Makes bars of the rows of mainland sources: local times, lots, amounts in thousands; a pure function of them.
///
/// From a day on a row is dated by a day of its span, mostly the last that was traded, and ends with the last session of the
/// calendar's day, week or month. Shorter bars are dated by their end.
public struct ShareRows: Sendable {
    private let target: RowTarget
    private let timeframe: Timeframe
    private let volume: Scale
    private let amount: Scale

    /// Creates the reading of one instrument's rows; `volume` and `amount` make shares and the quote currency of their units.
    public init(_ target: RowTarget, _ timeframe: Timeframe, volume: Scale = Scale(1), amount: Scale = Scale(1)) {
        (self.target, self.timeframe, self.volume, self.amount) = (target, timeframe, volume, amount)
    }

    /// Returns the bars. A row without any price is none, one that cannot be read is a defect at its number in `place`.
    ///
    /// Throws `.malformed` where there are rows and not one can be read; `owner` begins the message.
    public func bars(_ rows: [ShareRow], owner: String, place: String) throws(PluginError) -> FetchedEvents<Bar> {
        var found = FetchedEvents<Bar>()
        for (number, row) in rows.enumerated() where row.prices.contains(where: { !Self.isNothing($0) }) {
            do throws(RowFault) { found.events.append(try bar(row)) } catch {
                found.defects.append(
                    Defect(
                        instrument: target.reference.id, place: "\(place):\(number + 1)", reason: error.reason,
                        message: error.message, raw: row.raw))
            }
        }
        guard found.events.isEmpty, let first = found.defects.first else { return found }
        throw PluginError(
            .malformed,
            "\(owner): not one of \(rows.count) rows of \(place) can be read: \(first.message) Route to another provider, and "
                + "report it if it lasts.")
    }

    /// Whether a cell is empty, or a word for that.
    public static func isNothing(_ text: String?) -> Bool {
        guard let text else { return true }
        return ["", "-", "--", "None", "null"].contains(text)
    }

    private struct RowFault: Error {
        let reason: String
        let message: String
    }

    private func bar(_ row: ShareRow) throws(RowFault) -> Bar {
        Bar(
            time: try time(row.time ?? ""), open: try number("open", row.open), high: try number("high", row.high),
            low: try number("low", row.low), close: try number("close", row.close),
            volume: try number("volume", row.volume, volume),
            amount: Self.isNothing(row.amount) ? .nan : try number("amount", row.amount, amount),
            instrument: target.reference.id)
    }

    private func time(_ text: String) throws(RowFault) -> Int64 {
        let end = BarEnd(timeframe: timeframe, isStart: false)
        if let written = TimePattern.detect(text.utf8.span)?.parse(text.utf8.span),
            let time = end.timeOfPeriod(with: written, target)
        {
            return time
        }
        throw RowFault(
            reason: "unreadable_time",
            message: "'time' is \(PluginError.quoted(text)); a date is needed, for minutes a time of day too.")
    }

    private func number(_ name: String, _ text: String?, _ scale: Scale = Scale(1)) throws(RowFault) -> Double {
        guard let text, !Self.isNothing(text) else {
            throw RowFault(reason: "missing_number", message: "'\(name)' is not there.")
        }
        if let number = scale.number(text) { return number }
        throw RowFault(
            reason: "unreadable_number",
            message: "'\(name)' is \(PluginError.quoted(text)); a decimal number is needed.")
    }
}
