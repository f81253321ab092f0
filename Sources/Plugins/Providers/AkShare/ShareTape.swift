import CivilTime
import DelimitedText
import EventTiming
import FetchAssembly
import PluginKit
import TimeZones
import TradingCalendars

/// A row of a day's trades as a source writes it: the local time without a date.
struct ShareTradeRow: Hashable {
    /// Local second of the day.
    let second: Int64
    let price: Double
    /// Shares.
    let size: Double
    let side: Trade.Side
}

/// The trades of one share as they come, a day's from its begin or those since: which are new, and of which day they are.
struct ShareTape {
    /// Through which trade they were taken: how many there were of its second.
    struct Mark: Hashable {
        var time: Int64
        var count: Int
    }

    /// Before this second of the day rows are what the opening auction would give, not trades.
    private static let opening: Int64 = 9 * 3_600 + 25 * 60
    /// How far a source's clock may be ahead of this machine's, in nanoseconds.
    private static let ahead: Int64 = 600_000_000_000
    /// A holiday lasts shorter.
    private static let days: Int64 = 20

    let target: RowTarget
    private(set) var mark: Mark?

    init(_ target: RowTarget, after mark: Mark? = nil) {
        self.target = target
        self.mark = mark
    }

    /// Returns the trades of rows, flagged `suspect` where nobody knows whether the day is a trading day.
    ///
    /// - Parameter now: nanoseconds since the Unix epoch.
    static func trades(_ rows: [ShareTradeRow], _ target: RowTarget, now: Int64) -> [Trade] {
        let rows = rows.filter { $0.second >= opening && $0.size > 0 }
        guard let last = rows.map(\.second).max(), let day = day(ofLast: last, target, now: now) else { return [] }
        return rows.compactMap { row in
            time(row.second, day.number, target).map { time in
                Trade(
                    time: time, price: row.price, size: row.size, side: row.side, instrument: target.reference.id,
                    flags: day.isKnown ? [] : .suspect)
            }
        }
    }

    /// Returns the trades that were not taken before, and notes them as taken.
    ///
    /// Sources give the day's trades from its begin when a stream opens, and then mostly those since; trades that begin before
    /// what was taken repeat it.
    ///
    /// - Parameter isWhole: whether they are the day's from its begin.
    mutating func fresh(_ trades: [Trade], isWhole: Bool) -> [Trade] {
        let known = mark
        let repeats = isWhole || trades.first?.time ?? .max < known?.time ?? .min
        var again = 0
        return trades.filter { trade in
            if let known, trade.time <= known.time {
                guard trade.time == known.time else { return false }
                again += 1
                if repeats, again <= known.count { return false }
            }
            note(trade.time)
            return true
        }
    }

    private mutating func note(_ time: Int64) {
        if let known = mark, time <= known.time {
            if time == known.time { mark?.count += 1 }
        } else {
            mark = Mark(time: time, count: 1)
        }
    }

    /// The last trading day on which a second of the day has been, and whether the calendar knows it to be one.
    private static func day(
        ofLast second: Int64, _ target: RowTarget, now: Int64
    ) -> (number: Int64, isKnown: Bool)? {
        let local = now.flooredDivision(by: 1_000_000_000).quotient
        let today = (local + target.zone.offset(at: local)).flooredDivision(by: 86_400).quotient
        for day in stride(from: today, through: today - days, by: -1) {
            guard let time = time(second, day, target), time <= now + ahead else { continue }
            let date = CivilDate(daysSinceEpoch: day)
            switch target.calendar?.status(of: date) ?? .notKnown {
            case .trading, .halfDay: return (day, true)
            case .closed: continue
            case .notKnown: if (1...5).contains(date.weekday) { return (day, false) }
            }
        }
        return nil
    }

    private static func time(_ second: Int64, _ day: Int64, _ target: RowTarget) -> Int64? {
        WrittenTime(day: day, nanosecondOfDay: second * 1_000_000_000, hasTimeOfDay: true).instant(in: target.zone)
    }
}

/// Where a stream of trades stands, as text: `trade 600519.SH=1764226799000000000:2`.
enum TapePosition {
    static func text(_ tapes: [ShareTape]) -> StreamPosition {
        let standing = tapes.compactMap { tape in
            tape.mark.map { " \(tape.target.reference.instrument)=\($0.time):\($0.count)" }
        }
        return StreamPosition("trade" + standing.joined())
    }

    /// Reads a position; throws `.badRequest` for what is none.
    static func read(_ position: StreamPosition?, _ owner: String) throws(PluginError) -> [String: ShareTape.Mark] {
        guard let position else { return [:] }
        let words = position.text.split(separator: " ")
        var marks: [String: ShareTape.Mark] = [:]
        for word in words.dropFirst() {
            let parts = word.split(whereSeparator: { $0 == "=" || $0 == ":" })
            guard parts.count == 3, let time = Int64(parts[1]), let count = Int(parts[2]) else { continue }
            marks[String(parts[0])] = ShareTape.Mark(time: time, count: count)
        }
        guard words.first == "trade", marks.count == words.count - 1 else {
            throw PluginError(
                .badRequest,
                "\(owner): the position \(PluginError.quoted(position.text)) is none of a stream of trades. Begin anew."
            )
        }
        return marks
    }
}
