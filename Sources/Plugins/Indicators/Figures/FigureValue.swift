public import PluginKit

/// The newest value of one figure: that of the last period that is known.
///
/// ## Formula
/// ```
/// value_t = v of the figure of this name, where its period ends no earlier than that of any before it
/// ```
///
/// | | |
/// |---|---|
/// | Input | `value`, name, period and publication of a figure |
/// | Output | unit of the figure |
/// | Parameters | `item`: the figure's name, as its source writes it (`eps`, `net_income`) |
/// | Warm-up | 1 figure of the name |
/// | Cost | O(1) time, one number of memory |
/// | Undefined | at figures of other names, and at one about an earlier period than is known already: nothing new is known there |
///
/// An input of a pipeline carries the value from its publication on, with its age. A figure that is published again for the
/// same period replaces it. Checked against: pandas (`merge_asof` over the publications), equal.
public struct FigureValue: Indicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "figure", "The newest value of one figure, from its publication on.", unit: "unit of the figure",
        [.text("item", isRequired: true, "Name of the figure: eps, revenue, net_income ...")]
    ).reading(.figure)

    private let name: FigureName
    /// End of the newest period that is known.
    private var periodEnd = Int64.min

    /// Finds a name that no figure can have.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let text = try? configuration.text("item"), FigureName(text) == nil else { return [] }
        return [ConfigurationFault(option: "item", "'item' is \(PluginError.quoted(text)); \(allowed)")]
    }

    /// Builds an indicator that has seen no figure.
    public init(_ configuration: Configuration) throws(PluginError) {
        let text = try configuration.text("item")
        guard let name = FigureName(text) else {
            throw PluginError(
                .configuration,
                "\(configuration.instance): 'item' is \(PluginError.quoted(text)); \(Self.allowed) Set it in plugins.yaml."
            )
        }
        self.name = name
    }

    private static let allowed = "allowed are 1 to 24 letters, digits and _, lower case, a letter first."

    /// One figure of the name.
    public var warmUpLength: Int { 1 }

    /// Takes a figure of its name about the newest period or a later one; refuses all others.
    public mutating func update(_ figure: Figure, into row: OutputRow) -> Bool {
        guard figure.name == name, figure.value.isFinite, figure.periodEnd >= periodEnd else {
            row.clear()
            return false
        }
        periodEnd = figure.periodEnd
        row[0] = figure.value
        return true
    }

    /// Writes the end of the newest period.
    public func save(to writer: inout StateWriter) { writer.write(Int(periodEnd)) }

    /// Reads the end of the newest period.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        periodEnd = Int64(try reader.readInt())
    }
}
