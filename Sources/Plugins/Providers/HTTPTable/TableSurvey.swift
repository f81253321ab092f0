import EventTiming
import PluginKit
import TimeZones

/// What the rows of an answer about one instrument say about how they are to be read: in which order their dates are written, how
/// far they are apart, what amounts are counted in.
struct TableSurvey {
    /// A remark, and what it is about: each is told once.
    struct Remark: Sendable {
        let kind: String
        let text: String
    }

    private let options: TableOptions
    private let timeframe: Timeframe
    private let who: String
    private var steps = RowSteps()
    private var days: [Int64] = []
    private var last: WrittenTime?
    private var ratios: [Double] = []
    /// The pattern of dates that could be read with the day first, and whether a row says that they are not.
    private var guess: (pattern: TimePattern, dayFirst: TimePattern)?
    private var isConfirmed = false
    /// A date that only fits with the day first.
    private var refuting: (text: String, dayFirst: TimePattern)?

    init(_ options: TableOptions, _ timeframe: Timeframe, _ instrument: Instrument) {
        self.options = options
        self.timeframe = timeframe
        who = "\(options.instance): '\(instrument)'"
    }

    /// Notes how the time of a row is written; `nil` where it could not be read.
    mutating func note(_ text: String, _ written: WrittenTime?) {
        if options.timePattern == nil { noteOrder(text) }
        guard let written else { return }
        if let last {
            let span =
                (written.day - last.day) * 86_400 + (written.nanosecondOfDay - last.nanosecondOfDay) / 1_000_000_000
            if span != 0 { steps.note(abs(span)) }
        }
        last = written
        if days.count < 256 { days.append(written.day) }
    }

    /// Notes what a row counts.
    mutating func note(_ event: some MarketEvent) {
        guard let bar = event as? Bar, bar.amount > 0, bar.volume > 0, bar.close > 0, ratios.count < 256 else { return }
        ratios.append(bar.amount / bar.volume / bar.close)
    }

    private mutating func noteOrder(_ text: String) {
        let bytes = Array(text.utf8)
        guard let pattern = TimePattern.detect(bytes.span) else {
            for pattern in TimePattern.known {
                guard refuting == nil, let dayFirst = pattern.dayFirst, dayFirst.parse(bytes.span) != nil else {
                    continue
                }
                refuting = (text, dayFirst)
            }
            return
        }
        guard let dayFirst = pattern.dayFirst else { return }
        guess = guess ?? (pattern, dayFirst)
        if dayFirst.parse(bytes.span) == nil { isConfirmed = true }
    }

    /// Throws where the rows refute how they are read.
    func check() throws(PluginError) {
        if let refuting {
            throw PluginError(
                .malformed,
                "\(who) has dates that only fit with the day first (\(PluginError.quoted(refuting.text))), and time_format: auto "
                    + "reads the month first. Set time_format: \(refuting.dayFirst).")
        }
        guard options.kind == .bar, let step = steps.usual, step * 2 <= timeframe.nanoseconds / 1_000_000_000 else {
            return
        }
        let shown = RowSteps.timeframe(of: step)
        throw PluginError(
            .malformed,
            "\(who) looks like bars of \(shown), and bars of \(timeframe) are asked of it. Set the pipeline's timeframe: \(shown), or "
                + "ask the source for \(timeframe) ({timeframe} in url, 'timeframes').")
    }

    /// What a user should know of an answer that is read all the same.
    var remarks: [Remark] {
        var remarks: [Remark] = []
        if let guess, !isConfirmed {
            remarks.append(
                Remark(
                    kind: "order",
                    text:
                        "\(who) has dates that could be month first or day first; they are read month first (\(guess.pattern)). Set "
                        + "time_format: \(guess.dayFirst), or time_format: \(guess.pattern) where that is right."))
        }
        guard options.kind == .bar else { return remarks }
        if !options.timeIsStart, RowSteps.areByStart(days, timeframe) {
            remarks.append(
                Remark(
                    kind: "dating",
                    text:
                        "\(who) dates its bars of \(timeframe) by their first day, and time_is is end: each would be known before its "
                        + "span is over. Set time_is: start."))
        }
        if let step = steps.usual, step >= timeframe.nanoseconds / 1_000_000_000 * 2 {
            remarks.append(
                Remark(
                    kind: "span",
                    text:
                        "\(who) looks like bars of \(RowSteps.timeframe(of: step)), and bars of \(timeframe) are asked of it. Check the "
                        + "pipeline's timeframe and 'timeframes'."))
        }
        if let odd = OddAmounts(ratios) { remarks.append(Remark(kind: "units", text: "\(who) has \(odd.text)")) }
        return remarks
    }
}
