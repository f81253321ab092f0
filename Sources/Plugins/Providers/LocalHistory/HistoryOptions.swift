import DelimitedText
import EventTiming
import PluginKit
import SQLiteFile
import TimeZones

/// The checked options of an instance for files of one kind, in the types they are used in.
struct HistoryOptions: Sendable {
    /// The instance, as `kind/id`; begins every message.
    let instance: String
    /// The file or folder, absolute.
    let path: String
    /// The file or folder as configured, for messages.
    let shownPath: String
    /// What the files have.
    let kind: EventKind
    /// Timeframes of bars that the files have; any where there are none.
    let units: [Timeframe.Unit]
    /// Names of the files, best first.
    let patterns: [FilePattern]
    /// Whether the manifest sets them.
    let isPatternSet: Bool
    /// How many fields a row has, where that tells these files from others of the kind.
    let fieldCount: Int?
    /// Configured columns of the kind: a header's name or a number from 1.
    let columns: [HistoryColumn: String]
    /// Those of them that the manifest sets; the others are the preset's.
    let setColumns: Set<HistoryColumn>
    let hasHeader: Bool
    let format: RecordFormat
    /// The table that is meant of a database.
    let table: String?
    /// How times are written; `nil` finds out by the first row.
    let timePattern: TimePattern?
    /// How local times are meant; the venue's calendar says how days end where nothing is set.
    let timeRules: RowTarget.Rules
    let timeIsStart: Bool
    /// The span that a row of another kind than bars sums up.
    let span: Timeframe?
    /// The words for who started a trade.
    let sides: TradeSides
    /// Whether the side of a quote that a row leaves out is as it was.
    let keepsSides: Bool
    let volumeScale: Scale
    let priceScale: Scale
    let amountScale: Scale
    let isAdjusted: Bool
    let pace: Pace
    let batchSize: Int
    /// Whether of several rows of one time the last counts, not the first.
    let keepsLast: Bool
    /// Whether the stream goes on with what is added to the files.
    let follows: Bool
    /// Whether the stream is in order of event time, not as rows stand in the files.
    let isByTime: Bool
    /// Folder for files that are unpacked to be read out of order.
    let stateDirectory: String

    /// The options for a kind; several where the preset has files of it in several forms.
    static func all(
        _ kind: EventKind, _ configuration: Configuration, context: PluginContext
    ) throws(PluginError) -> [HistoryOptions] {
        var all: [HistoryOptions] = []
        for form in forms(configuration, of: kind) {
            all.append(try HistoryOptions(configuration, context: context, form))
        }
        return all
    }

    private init(
        _ configuration: Configuration, context: PluginContext, _ preset: HistoryPreset
    ) throws(PluginError) {
        if let fault = Self.faults(in: configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message)")
        }
        instance = configuration.instance
        shownPath = try configuration.text("path")
        path = context.resolve(shownPath)
        stateDirectory = context.stateDirectory
        (kind, units, span, fieldCount) = (preset.kind, preset.units, preset.span, preset.fieldCount)
        let set = Self.pattern(configuration, of: kind)
        isPatternSet = set != nil
        patterns =
            set.map { [FilePattern($0)] }
            ?? (preset.pattern.map { [FilePattern($0)] } ?? []) + FilePattern.usual(kind)
        let own = Set(kind.columns.map(\.column))
        let told = Self.setColumns(configuration).filter { own.contains($0.key) }
        columns = preset.columns.merging(told) { _, set in set }
        setColumns = Set(told.keys)
        hasHeader = configuration.values["header"].map { $0 == .boolean(true) } ?? preset.hasHeader
        let (buy, sell) = (configuration.inner("sides", "buy"), configuration.inner("sides", "sell"))
        let isTold = buy != nil || sell != nil
        sides = TradeSides(buy: isTold ? buy : preset.sides?.buy, sell: isTold ? sell : preset.sides?.sell)
        keepsSides = configuration.optionalText("missing_side").map { $0 == "last" } ?? preset.keepsSides
        var format = RecordFormat(
            delimiter: Self.delimiter(configuration.optionalText("delimiter") ?? preset.delimiter) ?? UInt8(ascii: ","),
            encoding: TextEncoding(rawValue: try configuration.text("encoding")) ?? .utf8)
        let hasSigns = configuration.values["number_signs"].map { $0 == .boolean(true) } ?? preset.hasSigns
        format.numbers = NumberFormatName.format(
            configuration.optionalText("number_format") ?? preset.numbers, hasSigns: hasSigns)
        let selection = Self.selection(configuration, of: kind)
        format.tables = Self.tables(
            selection, format, hasHeader: hasHeader,
            library: configuration.optionalText("library").map(context.resolve), folder: context.baseDirectory)
        self.format = format
        if case .table(let name) = selection { table = name } else { table = nil }
        timePattern = TimePattern(configuration.optionalText("date_format") ?? preset.dateFormat)
        timeRules = RowTarget.Rules(
            zoneName: configuration.optionalText("time_zone") ?? preset.zone,
            sessionClose: configuration.optionalText("session_close").flatMap(Self.secondOfDay),
            endsByCalendar: ["session_close", "time_zone"].allSatisfy { configuration.optionalText($0) == nil })
        timeIsStart = (configuration.optionalText("time_is") ?? preset.timeIs) == "start"
        let unit = configuration.optionalText("volume_unit").flatMap { VolumeUnit(rawValue: $0) } ?? preset.volumeUnit
        volumeScale = Scale(unit.shares(lotSize: try configuration.integer("lot_size")))
        priceScale = Scale(configuration.optionalNumber("price_scale") ?? preset.priceScale)
        amountScale = Scale(configuration.optionalNumber("amount_unit") ?? preset.amountUnit)
        isAdjusted = try configuration.text("adjust") == "ratio"
        pace = Pace(try configuration.text("pace")) ?? .full
        batchSize = try configuration.integer("batch")
        keepsLast = try configuration.text("same_time") == "last"
        follows = try configuration.boolean("follow")
        isByTime = try configuration.text("order") == "time"
    }

    /// Returns the faults the schema alone cannot find.
    static func faults(in configuration: Configuration) -> [ConfigurationFault] {
        textRules.compactMap { rule in
            guard let text = configuration.optionalText(rule.option), !rule.accepts(text) else { return nil }
            return ConfigurationFault(
                option: rule.option, "'\(rule.option)' is \(PluginError.quoted(text)); allowed \(rule.allowed).")
        } + fileFaults(configuration) + columnFaults(configuration) + tableFaults(configuration)
    }

    /// The cancelled call's error.
    var cancelled: PluginError { PluginError(.cancelled, "\(instance): the stream was cancelled.") }

    private static let textRules: [(option: String, allowed: String, accepts: @Sendable (String) -> Bool)] = [
        ("file_pattern", patternRule, isPattern),
        ("delimiter", "one ASCII character that is no quote, letter or digit, or tab", { delimiter($0) != nil }),
        (
            "date_format",
            "auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns, excel or a pattern of yyyy, MM, MMM, dd, HH, hh, a, mm, ss",
            { $0 == "auto" || TimePattern($0) != nil }
        ),
        ("time_zone", "an IANA name (Asia/Shanghai), UTC or an offset (+08:00)", { Zone.isWellFormed($0) }),
        ("session_close", "HH:MM from 00:01 to 24:00", { secondOfDay($0) != nil }),
        ("pace", "full, a factor such as 60x, or a span such as 1s, 250ms, 5m", { Pace($0) != nil }),
    ]

    private static let patternRule =
        "the name of a file below path with {symbol}, {code}, {venue}, {kind}, {timeframe} and one {date} in braces, such as "
        + "{code}.csv"

    private static func isPattern(_ text: String) -> Bool {
        let known = ["{symbol}", "{code}", "{venue}", "{kind}", "{timeframe}", "{date}"]
        let plain = known.reduce(text) { $0.split(separator: $1, omittingEmptySubsequences: false).joined() }
        let dates = text.split(separator: "{date}", omittingEmptySubsequences: false).count - 1
        return !text.isEmpty && !plain.contains("{") && !plain.contains("}") && !text.hasPrefix("/") && dates <= 1
            && !text.split(separator: "/").contains("..")
    }

    private static func fileFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        EventKind.allCases.compactMap { kind in
            guard let text = configuration.inner("files", kind.rawValue), !isPattern(text) else { return nil }
            return ConfigurationFault(
                option: "files",
                "'files.\(kind.rawValue)' is \(PluginError.quoted(text)); allowed \(patternRule).")
        }
    }

    /// Without a header, columns are numbers; of a kind that one is told of all are, or none at all for the usual order.
    private static func columnFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        let told = setColumns(configuration)
        var faults: [ConfigurationFault] = []
        let kinds = EventKind.allCases.filter { kind in
            kind.columns.contains { told[$0.column] != nil && ![.time, .timeOfDay, .symbol].contains($0.column) }
        }
        for form in (kinds.isEmpty ? [.bar] : kinds).flatMap({ forms(configuration, of: $0) }) {
            let hasHeader = configuration.values["header"].map { $0 == .boolean(true) } ?? form.hasHeader
            if !hasHeader { faults += numberFaults(form, told) }
        }
        var seen: Set<String> = []
        return faults.filter { seen.insert($0.message).inserted }.sorted { $0.message < $1.message }
    }

    private static func numberFaults(
        _ form: HistoryPreset, _ set: [HistoryColumn: String]
    ) -> [ConfigurationFault] {
        let uses = form.kind.columns
        let told = form.columns.merging(set.filter { entry in uses.contains { $0.column == entry.key } }) { _, set in
            set
        }
        var faults: [ConfigurationFault] = []
        for use in uses where !use.isGroup {
            guard let text = told[use.column], number(text) == nil, !isNone(use.column, text) else { continue }
            // A book's side is several numbers; whether it is one kind or the other shows when files are read.
            if [.bid, .bidSize, .ask, .askSize].contains(use.column), text.contains(" ") { continue }
            faults.append(
                ConfigurationFault(
                    option: "columns",
                    "'columns.\(use.column.word)' is \(PluginError.quoted(text)); allowed a number from 1."))
        }
        let missing = uses.filter { !$0.isOptional && told[$0.column] == nil }.map(\.column.word)
        if !told.isEmpty, !missing.isEmpty {
            faults.append(
                ConfigurationFault(
                    option: "columns",
                    "'columns' does not number \(missing.joined(separator: ", ")); header is false. Number them from 1."
                ))
        }
        return faults
    }

    /// Whether files are to have a column.
    func needs(_ use: ColumnUse) -> Bool {
        if let told = columns[use.column], Self.isNone(use.column, told) { return false }
        return !use.isOptional || setColumns.contains(use.column) || (use.column == .adjustedClose && isAdjusted)
    }

    /// Returns a column's number from 1, or `nil` where the text is none.
    static func number(_ text: String) -> Int? {
        Int(text).flatMap { (1...10_000).contains($0) ? $0 : nil }
    }

    /// Whether the option says that the files have no such column.
    static func isNone(_ column: HistoryColumn, _ text: String) -> Bool {
        text == "none"
            && [.volume, .amount, .symbol, .side, .bidSize, .askSize, .sequence, .suspect, .periodEnd].contains(column)
    }

    private static func setColumns(_ configuration: Configuration) -> [HistoryColumn: String] {
        var columns: [HistoryColumn: String] = [:]
        for column in HistoryColumn.allCases { columns[column] = configuration.inner("columns", column.word) }
        return columns
    }

    /// What options have that are not set: the preset's, in one form or several, or that of an ordinary CSV file.
    private static func forms(_ configuration: Configuration, of kind: EventKind) -> [HistoryPreset] {
        let forms = HistoryPreset.named(configuration.optionalText("preset") ?? "").filter { $0.kind == kind }
        return forms.isEmpty ? [HistoryPreset(name: "", summary: "", kind: kind)] : forms
    }

    /// The pattern that the manifest sets for files of a kind.
    private static func pattern(_ configuration: Configuration, of kind: EventKind) -> String? {
        configuration.inner("files", kind.rawValue) ?? configuration.optionalText("file_pattern")
    }

    private static func delimiter(_ text: String) -> UInt8? {
        if text == "tab" || text == "\\t" { return UInt8(ascii: "\t") }
        guard text.utf8.count == 1, let byte = text.utf8.first else { return nil }
        let isPunctuation =
            byte > 0x20 && byte < 0x7F && !(text.first?.isLetter ?? true) && !(text.first?.isNumber ?? true)
        return (isPunctuation || byte == 0x09 || byte == 0x20) && !"\"'.-+".utf8.contains(byte) ? byte : nil
    }

    private static func secondOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let hours = Int64(parts[0]), let minutes = Int64(parts[1]), minutes < 60,
            (1...1_440).contains(hours * 60 + minutes)
        else { return nil }
        return (hours * 60 + minutes) * 60
    }
}

extension HistoryOptions {
    private static func tableFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        guard configuration.optionalText("table") != nil, configuration.optionalText("query") != nil else { return [] }
        return [
            ConfigurationFault(
                option: "query", "'query' is set beside 'table'; allowed is one of them. Remove the other.")
        ]
    }

    /// Which rows of a database are meant; without a word those of the table that is named like the kind, or the only one.
    private static func selection(_ configuration: Configuration, of kind: EventKind) -> ForeignRows.Selection {
        if let query = configuration.optionalText("query") { return .query(query) }
        return configuration.optionalText("table").map { .table($0) } ?? .usual(kind.fileWords)
    }

    /// The kinds of files that hold tables.
    private static func tables(
        _ selection: ForeignRows.Selection, _ format: RecordFormat, hasHeader: Bool, library: String?, folder: String
    ) -> [TableFormat] {
        let mark = format.numbers.decimalMark
        return [
            TableFormat(magic: Array("SQLite".utf8)) { (path) throws(TextError) in
                try SQLiteText(path: path, selection, hasHeader: hasHeader, mark: mark)
            },
            TableFormat(magic: Array("PAR1".utf8)) { (path) throws(TextError) in
                let functions: ParquetLibrary
                do throws(PluginError) { functions = try ParquetLibrary(path: library, folder: folder) } catch {
                    throw TextError(.missingLibrary, error.message)
                }
                return try ParquetText(path: path, functions, hasHeader: hasHeader, mark: mark)
            },
        ]
    }
}

extension Configuration {
    /// Returns a text option that has no default, or `nil` where it is not set.
    fileprivate func optionalText(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    /// Returns a text of a record, or `nil` where it is not set.
    fileprivate func inner(_ record: String, _ name: String) -> String? {
        if case .map(let inner) = values[record], case .text(let text) = inner[name] { text } else { nil }
    }

    fileprivate func optionalNumber(_ name: String) -> Double? {
        if case .number(let number) = values[name] { number } else { nil }
    }
}
