import HostTraining

/// Where a table is shown; the default is a pipe or a file: every column, every row, no colour.
package struct TableWindow: Sendable {
    /// Columns a line may take; `nil` for as many as it takes.
    package var columns: Int?
    /// Lines all may take; `nil` for as many as it takes.
    package var lines: Int?
    /// Whether colours may be used.
    package var hasColor = false

    /// A window without bounds.
    package init() {}

    /// A window of a terminal.
    package init(columns: Int, lines: Int?, hasColor: Bool) {
        self.columns = columns
        self.lines = lines
        self.hasColor = hasColor
    }
}

extension ResultTable {
    /// Columns in the order in which they are left out where the window is not wide enough; the rest always stay.
    private static let expendable = ["DIRECTION (naive)", "IC (naive)", "R2 (naive)", "LAST EVENT (UTC)", "CLOSE"]
    /// Flags that say: be careful with this one.
    private static let careful: Set<String> = ["partial", "stale", "after_rejected", "fallback", "new_level", "filled"]

    /// The table and under it what is to be said of each model, as text that ends in a newline.
    ///
    /// Where the window is too narrow, columns are left out, metrics before prices, flags never; what is still too long
    /// goes on in another line. Where it is too low, rows are left out, those without a warning flag first; the models
    /// stay. What was left out is said.
    package func text(in window: TableWindow = TableWindow()) -> String {
        let footer = summaries.flatMap { summary in
            Self.wrapped("  \(summary.text)", window).map { Self.painted($0, summary.isFault ? 31 : nil, window) }
        }
        guard !rows.isEmpty else {
            let events = accepted.isEmpty ? "" : " Accepted events: \(accepted)."
            return (["No instrument has a bar.\(events)"] + footer).joined(separator: "\n") + "\n"
        }
        let (table, omitted) = fitting(window)
        let lines = table.lines
        var blocks = rows.indices.map { row in
            Self.wrapped(lines[row + 1], window).map {
                Self.painted($0, Self.careful.isDisjoint(with: rows[row].flags) ? nil : 33, window)
            }
        }
        let header = Self.wrapped(lines[0], window).map { Self.painted($0, 1, window) }
        let columns = omitted.isEmpty ? "" : "left out for want of width: \(omitted.joined(separator: ", "))"
        let room = window.lines.map { $0 - header.count - footer.count - 2 }
        let dropped = drop(from: &blocks, room: room)
        let notes = [dropped == 0 ? "" : "\(dropped) more rows", columns].filter { !$0.isEmpty }
        let note =
            notes.isEmpty
            ? [] : Self.wrapped("  ... \(notes.joined(separator: "; ")); `--json` and the API have all", window)
        return (header + blocks.joined() + note + footer).joined(separator: "\n") + "\n"
    }

    /// Empties as many rows as do not fit, from the end, rows with a warning flag last of all; returns how many.
    private func drop(from blocks: inout [[String]], room: Int?) -> Int {
        guard let room else { return 0 }
        var height = blocks.reduce(0) { $0 + $1.count }
        let order =
            blocks.indices.reversed().filter { Self.careful.isDisjoint(with: rows[$0].flags) }
            + blocks.indices.reversed().filter { !Self.careful.isDisjoint(with: rows[$0].flags) }
        var dropped = 0
        for row in order where height > max(1, room) {
            height -= blocks[row].count
            blocks[row] = []
            dropped += 1
        }
        return dropped
    }

    private func fitting(_ window: TableWindow) -> (table: TextTable, omitted: [String]) {
        var table = table
        guard let columns = window.columns else { return (table, []) }
        var omitted: [String] = []
        for name in Self.expendable where table.width > columns {
            table = table.without(name)
            omitted.insert(name.replacing(" (naive)", with: "").replacing(" (UTC)", with: ""), at: 0)
        }
        return (table, omitted)
    }

    private var table: TextTable {
        let header = [
            "INSTRUMENT", "PIPELINE", "LAST EVENT (UTC)", "CLOSE", "MODEL", "PREDICTION", "R2 (naive)", "IC (naive)",
            "DIRECTION (naive)", "FLAGS",
        ]
        let lines = rows.map { row in
            [
                row.instrument, row.pipeline, Self.shown(row.time), Self.fixed(row.price, 2), row.model,
                Self.fixed(row.value, 6), Self.pair(row.metrics?.r2, row.metrics?.naiveR2),
                Self.pair(row.metrics?.ic, row.metrics?.naiveIC),
                Self.pair(row.metrics?.directionalAccuracy, row.metrics?.naiveDirectionalAccuracy),
                row.flags.joined(separator: ","),
            ]
        }
        let isRight = [false, false, false, true, false, true, true, true, true, false]
        let table = TextTable(header: header, rows: lines, isRight: isRight)
        return Set(rows.map(\.pipeline)).count > 1 ? table : table.without("PIPELINE")
    }

    /// `2013-03-01 21:00:00` of `2013-03-01T21:00:00Z`.
    private static func shown(_ time: String) -> String {
        String(time.prefix(19)).replacing("T", with: " ")
    }

    private static func wrapped(_ line: String, _ window: TableWindow) -> [String] {
        window.columns.map { TextWrap.lines(line, width: $0) } ?? [line]
    }

    private static func painted(_ line: String, _ code: Int?, _ window: TableWindow) -> String {
        guard window.hasColor, let code else { return line }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}
