import EventTiming
import FetchAssembly
import JSONReading
import PluginKit
import TimeZones

/// Makes events of the rows of a page; a pure function of them.
struct TableMapping {
    private let options: TableOptions
    private let target: RowTarget
    private let timeframe: Timeframe
    private let now: Int64

    init(_ options: TableOptions, _ timeframe: Timeframe, _ target: RowTarget, now: Int64) {
        self.options = options
        self.target = target
        self.timeframe = timeframe
        self.now = now
    }

    /// Returns what the rows are; throws `.malformed` where not one of them can be read.
    func events<Event: TableEvent>(
        _ page: TablePage, _ survey: inout TableSurvey
    ) throws(PluginError) -> FetchedEvents<Event> {
        var found = FetchedEvents<Event>()
        // What is no bar sums up nothing: its time is the instant written.
        let span = Event.kind == .bar ? timeframe : Timeframe(1, .second)
        let timing = RowTiming(Event.timing, span, isStart: options.timeIsStart)
        for (number, row) in page.rows.enumerated() {
            do throws(TableFault) {
                let events = try Event.read(cells(page, row, timing, &survey))
                for event in events { survey.note(event) }
                found.events += events
            } catch {
                found.defects.append(
                    Defect(
                        instrument: target.reference.id, place: "\(page.place):\(number + 1)", reason: error.reason,
                        message: error.message, raw: Self.raw(page, row, options)))
            }
        }
        try survey.check()
        guard found.events.isEmpty, let first = found.defects.first, found.defects.count == page.rows.count else {
            return found
        }
        throw PluginError(
            .malformed,
            "\(options.instance): not one of \(page.rows.count) rows of \(page.place) can be read: \(first.message) Check 'rows', "
                + "'columns' and 'time_format'.")
    }

    /// The defect of a source that has more pages than are asked for.
    func cut(_ pages: Int) -> Defect {
        Defect(
            instrument: target.reference.id, place: "page \(pages)", reason: "too_many_pages",
            message: "the source has more than \(pages) pages; the rest is not asked for. Raise max_pages.", raw: "")
    }

    private func cells(
        _ page: TablePage, _ row: TablePage.Row, _ timing: RowTiming, _ survey: inout TableSurvey
    ) throws(TableFault) -> TableCells {
        let path = options.columns[.time] ?? "time"
        if path == "none" { return cells(page, row, at: now) }
        guard let text = cells(page, row, at: 0).text(path) else {
            throw TableFault(reason: "missing_time", message: "'time' is not there at \(PluginError.quoted(path)).")
        }
        let written = written(text)
        survey.note(text, written)
        guard let written, let time = timing.time(written, target) else {
            throw TableFault(
                reason: "unreadable_time",
                message: "'time' is \(PluginError.quoted(text)); a time"
                    + "\(timing.needsTimeOfDay == nil ? "" : " of day too") is needed, written as time_format says.")
        }
        return cells(page, row, at: time)
    }

    private func cells(_ page: TablePage, _ row: TablePage.Row, at time: Int64) -> TableCells {
        TableCells(page: page, row: row, options: options, time: time, target: target) { text in
            written(text).flatMap { RowTiming.endOfDay($0, target) }
        }
    }

    private func written(_ text: String) -> WrittenTime? {
        (options.timePattern ?? TimePattern.detect(text.utf8.span))?.parse(text.utf8.span)
    }

    private static func raw(_ page: TablePage, _ row: TablePage.Row, _ options: TableOptions) -> String {
        options.columns.values.sorted().compactMap { path in
            page.cell(path, of: row).scalar.map { "\(path)=\($0)" }
        }.joined(separator: " ")
    }
}
