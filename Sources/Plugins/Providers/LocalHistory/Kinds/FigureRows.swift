import DelimitedText
import EventTiming
import PluginKit

/// Rows with one figure each (name and value), or with several in columns of their own.
struct FigureRows: EventRows {
    static let timing = RowTiming.Rule.published
    /// A date that may be the end of a period is never taken for the publication: the future would leak.
    static let usualOrder: [HistoryColumn] = [.time, .periodEnd, .name, .value]
    static let columns: [ColumnUse] = [
        ColumnUse(
            column: .time,
            known: [
                "published", "publicationdate", "publishdate", "pubdate", "fanndate", "anndate", "announcementdate",
                "announcedate", "noticedate", "filed", "filingdate", "accepteddate", "asof", "knownat", "公告日期", "公告日",
                "发布日期", "披露日期", "实际公告日期",
            ]),
        ColumnUse(
            column: .periodEnd, isOptional: true,
            known: [
                "periodend", "enddate", "reportdate", "statdate", "fiscaldateending", "period", "accper", "报告期", "报告日期",
                "截止日期", "会计期间",
            ]), ColumnUse(column: .name, isOptional: true, known: ["name", "item", "figure", "指标"]),
        ColumnUse(column: .value, isOptional: true, known: ["value", "数值", "值"]),
        ColumnUse(column: .figures, isOptional: true, isGroup: true), ColumnUse.timeOfDay, ColumnUse.symbol,
    ]

    private let periodEnd: DateColumn?
    private let name: Int?
    private let value: NumberColumn?
    private let figures: [(name: FigureName, value: NumberColumn)]

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        periodEnd = DateColumn(layout, .periodEnd, survey)
        figures = layout.group(.figures).compactMap { field in
            FigureName(field.name).map { ($0, NumberColumn(at: field.position, .value, Scale(1))) }
        }
        (name, value) = (layout[.name], NumberColumn(layout, .value))
        guard figures.isEmpty else { return }
        if name == nil { throw MissingColumn(column: .name) }
        if value == nil { throw MissingColumn(column: .value) }
    }

    func read(_ row: borrowing HistoryRow) -> RowReading<Figure> {
        do throws(RowFault) {
            let end = try periodEnd?.time(row) ?? row.time
            guard figures.isEmpty else {
                var found: [Figure] = []
                for (name, column) in figures {
                    guard let value = try column.optional(row) else { continue }
                    found.append(Figure(time: row.time, periodEnd: end, value: value, name: name, instrument: row.id))
                }
                return found.isEmpty ? .nothing : .events(found)
            }
            guard let value = try value?.optional(row) else { return .nothing }
            return .event(
                Figure(time: row.time, periodEnd: end, value: value, name: try name(row), instrument: row.id))
        } catch { return .fault(error) }
    }

    private func name(_ row: borrowing HistoryRow) throws(RowFault) -> FigureName {
        let text = name.flatMap { $0 < row.reader.fieldCount ? row.reader.text($0) : nil } ?? ""
        if let name = Self.name(text) { return name }
        throw RowFault(
            reason: "unreadable_name",
            message: "'name' is \(PluginError.quoted(text)); allowed are 1 to 24 letters, digits and _, a letter first."
        )
    }

    /// The name of a figure by a text: lower case, `_` for spaces and signs between words.
    static func name(_ text: String) -> FigureName? {
        FigureName(String(text.lowercased().map { " -/.".contains($0) ? "_" : $0 }))
    }
}
