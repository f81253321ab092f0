public import PluginKit

/// A column that compares the instruments of a pipeline at one event time.
///
/// It is declared like an indicator, and has a column like one; what stands there is filled in by the host, once the rows of
/// the time are there. By itself it knows one instrument only and gives no value.
public struct CrossColumn: DerivedColumn {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "cross_section",
        summary: "A column compared over the instruments of one event time: rank, z-score, distance from the mean.",
        schema: ConfigurationSchema([
            ConfigurationOption(
                "cross", .choice(CrossRule.allCases.map(\.rawValue)), isRequired: true,
                "rank: 0 ... 1; zscore: standard deviations from the mean; demean: distance from the mean."),
            .text(
                "of", isRequired: true,
                "The column that is compared: an indicator, or ID.OUTPUT of one that has several."),
            ConfigurationOption(
                "by", .list(.text, 0...1_000), default: .list([]),
                "Groups of instruments, each compared within itself; an instrument is in the first that names it. Absent, all "
                    + "are compared together."),
            .integer(
                "min", 2...100_000, default: 2, unit: "instruments", "Fewer values than these are not compared."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The column, compared over the instruments of one event time.")])

    /// What is computed.
    public let rule: CrossRule
    /// The column that is compared.
    public let column: String
    /// Names of the groups that are compared within themselves; none, where all are compared together.
    public let groupNames: [String]
    /// Least values that are compared.
    public let least: Int
    /// By instrument number, the group that an instrument is in; -1 for none. Empty, where all are compared together.
    public var groups: [Int] = []

    /// Reads the options.
    public init(_ configuration: Configuration) throws(PluginError) {
        let word = try configuration.text("cross")
        guard let rule = CrossRule(rawValue: word) else {
            throw PluginError(
                .configuration,
                "\(configuration.instance): 'cross' is '\(word)'; allowed "
                    + "\(CrossRule.allCases.map(\.rawValue).joined(separator: ", ")). Set it in plugins.yaml.")
        }
        self.rule = rule
        column = try configuration.text("of")
        groupNames = try configuration.texts("by")
        least = try configuration.integer("min")
    }

    /// The column that is compared.
    public var sources: [String] { [column] }

    /// It needs what the compared column needs.
    public var warmUpLength: Int { 0 }

    /// Writes no value: that is for who has the rows of all instruments.
    public mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        row.clear()
        return true
    }

    /// Has no state.
    public func save(to writer: inout StateWriter) {}

    /// Has no state.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {}

    /// The plugin.
    public static let plugin = PluginType.indicator(CrossColumn.self)
}
