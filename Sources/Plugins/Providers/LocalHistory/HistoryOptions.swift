import DelimitedText
import PluginKit
import TimeZones

/// The checked options of an instance, in the types they are used in.
struct HistoryOptions: Sendable {
    /// The instance, as `kind/id`; begins every message.
    let instance: String
    /// The file or folder, absolute.
    let path: String
    /// The file or folder as configured, for messages.
    let shownPath: String
    let filePattern: String?
    /// Configured columns: a header's name or a number from 1.
    let columns: [BarColumn: String]
    /// Those of them that the manifest sets; the others are the preset's.
    let setColumns: Set<BarColumn>
    let hasHeader: Bool
    let format: RecordFormat
    /// How times are written; `nil` finds out by the first row.
    let timePattern: TimePattern?
    let zoneName: String?
    /// Whether nothing is set of how days end, so that the venue's calendar says it.
    let endsByCalendar: Bool
    /// Local second of the day at which a bar with only a date ends.
    let sessionClose: Int64?
    let timeIsStart: Bool
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
    /// Folder for files that are unpacked to be read out of order.
    let stateDirectory: String

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        if let fault = Self.faults(in: configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message)")
        }
        instance = configuration.instance
        shownPath = try configuration.text("path")
        path = context.resolve(shownPath)
        stateDirectory = context.stateDirectory
        filePattern = configuration.optionalText("file_pattern")
        let preset = Self.preset(configuration)
        columns = Self.columns(configuration)
        setColumns = Set(Self.setColumns(configuration).keys)
        hasHeader = Self.hasHeader(configuration)
        var format = RecordFormat(
            delimiter: Self.delimiter(configuration.optionalText("delimiter") ?? preset.delimiter) ?? UInt8(ascii: ","),
            encoding: TextEncoding(rawValue: try configuration.text("encoding")) ?? .utf8)
        let hasSigns = configuration.values["number_signs"].map { $0 == .boolean(true) } ?? preset.hasSigns
        format.numbers = NumberFormatName.format(
            configuration.optionalText("number_format") ?? preset.numbers, hasSigns: hasSigns)
        self.format = format
        timePattern = TimePattern(configuration.optionalText("date_format") ?? preset.dateFormat)
        zoneName = configuration.optionalText("time_zone") ?? preset.zone
        endsByCalendar = ["session_close", "time_zone"].allSatisfy { configuration.optionalText($0) == nil }
        sessionClose = configuration.optionalText("session_close").flatMap(Self.secondOfDay)
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
    }

    /// Returns the faults the schema alone cannot find.
    static func faults(in configuration: Configuration) -> [ConfigurationFault] {
        textRules.compactMap { rule in
            guard let text = configuration.optionalText(rule.option), !rule.accepts(text) else { return nil }
            return ConfigurationFault(
                option: rule.option, "'\(rule.option)' is \(PluginError.quoted(text)); allowed \(rule.allowed).")
        } + columnFaults(configuration)
    }

    /// The cancelled call's error.
    var cancelled: PluginError { PluginError(.cancelled, "\(instance): the stream was cancelled.") }

    private static let textRules: [(option: String, allowed: String, accepts: @Sendable (String) -> Bool)] = [
        (
            "file_pattern", "a name with {symbol} or {code}, such as {code}.csv",
            { $0.contains("{symbol}") || $0.contains("{code}") }
        ),
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

    /// Without a header, columns are numbers; all are told, or none for time, open, high, low, close, volume.
    private static func columnFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        guard !hasHeader(configuration) else { return [] }
        let told = columns(configuration)
        var faults = told.filter { number($0.value) == nil && !isNone($0.key, $0.value) }.map { column, text in
            ConfigurationFault(
                option: "columns",
                "'columns.\(column.rawValue)' is \(PluginError.quoted(text)); allowed a number from 1."
            )
        }
        let missing = BarColumn.allCases.filter { !$0.isOptional && told[$0] == nil }.map(\.rawValue)
        if !told.isEmpty, !missing.isEmpty {
            faults.append(
                ConfigurationFault(
                    option: "columns",
                    "'columns' does not number \(missing.joined(separator: ", ")); header is false. Number them from 1."
                ))
        }
        return faults.sorted { $0.message < $1.message }
    }

    /// Returns a column's number from 1, or `nil` where the text is none.
    static func number(_ text: String) -> Int? {
        Int(text).flatMap { (1...10_000).contains($0) ? $0 : nil }
    }

    /// Whether the option says that the files have no such column.
    static func isNone(_ column: BarColumn, _ text: String) -> Bool {
        text == "none" && [.volume, .amount, .symbol].contains(column)
    }

    private static func columns(_ configuration: Configuration) -> [BarColumn: String] {
        preset(configuration).columns.merging(setColumns(configuration)) { _, set in set }
    }

    private static func setColumns(_ configuration: Configuration) -> [BarColumn: String] {
        var columns: [BarColumn: String] = [:]
        guard case .map(let inner) = configuration.values["columns"] else { return columns }
        for column in BarColumn.allCases {
            if case .text(let name) = inner[column.rawValue] { columns[column] = name }
        }
        return columns
    }

    /// What options have that are not set: the preset's, or that of an ordinary CSV file.
    private static func preset(_ configuration: Configuration) -> HistoryPreset {
        configuration.optionalText("preset").flatMap { HistoryPreset.named($0) } ?? HistoryPreset(name: "", summary: "")
    }

    private static func hasHeader(_ configuration: Configuration) -> Bool {
        configuration.values["header"].map { $0 == .boolean(true) } ?? preset(configuration).hasHeader
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

extension Configuration {
    /// Returns a text option that has no default, or `nil` where it is not set.
    fileprivate func optionalText(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    fileprivate func optionalNumber(_ name: String) -> Double? {
        if case .number(let number) = values[name] { number } else { nil }
    }
}
