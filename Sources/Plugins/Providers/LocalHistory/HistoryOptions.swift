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
    let hasHeader: Bool
    let format: RecordFormat
    /// How times are written; `nil` finds out by the first row.
    let timePattern: TimePattern?
    let zoneName: String?
    /// Local second of the day at which a bar with only a date ends.
    let sessionClose: Int64?
    let timeIsStart: Bool
    let volumeScale: Scale
    let priceScale: Scale
    let amountScale: Scale
    let isAdjusted: Bool
    let pace: Pace
    let batchSize: Int

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        if let fault = Self.faults(in: configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message)")
        }
        instance = configuration.instance
        shownPath = try configuration.text("path")
        path = context.resolve(shownPath)
        filePattern = configuration.optionalText("file_pattern")
        columns = Self.columns(configuration)
        hasHeader = try configuration.boolean("header")
        format = RecordFormat(
            delimiter: Self.delimiter(try configuration.text("delimiter")) ?? UInt8(ascii: ","),
            encoding: TextEncoding(rawValue: try configuration.text("encoding")) ?? .utf8)
        timePattern = TimePattern(try configuration.text("date_format"))
        zoneName = configuration.optionalText("time_zone")
        sessionClose = configuration.optionalText("session_close").flatMap(Self.secondOfDay)
        timeIsStart = try configuration.text("time_is") == "start"
        let unit = VolumeUnit(rawValue: try configuration.text("volume_unit")) ?? .shares
        volumeScale = Scale(unit.shares(lotSize: try configuration.integer("lot_size")))
        priceScale = Scale(try configuration.number("price_scale"))
        amountScale = Scale(try configuration.number("amount_unit"))
        isAdjusted = try configuration.text("adjust") == "ratio"
        pace = Pace(try configuration.text("pace")) ?? .full
        batchSize = try configuration.integer("batch")
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
            "auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns or a pattern of yyyy, MM, dd, HH, mm, ss",
            { $0 == "auto" || TimePattern($0) != nil }
        ),
        ("time_zone", "an IANA name (Asia/Shanghai), UTC or an offset (+08:00)", { Zone.isWellFormed($0) }),
        ("session_close", "HH:MM from 00:01 to 24:00", { secondOfDay($0) != nil }),
        ("pace", "full, a factor such as 60x, or a span such as 1s, 250ms, 5m", { Pace($0) != nil }),
    ]

    /// Without a header, columns are numbers; all are told, or none for time, open, high, low, close, volume.
    private static func columnFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        guard configuration.values["header"] == .boolean(false) else { return [] }
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
        guard case .map(let inner) = configuration.values["columns"] else { return [:] }
        var columns: [BarColumn: String] = [:]
        for column in BarColumn.allCases {
            if case .text(let name) = inner[column.rawValue] { columns[column] = name }
        }
        return columns
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
}
