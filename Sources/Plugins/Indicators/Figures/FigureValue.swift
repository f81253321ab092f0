public import PluginKit

/// One figure as of its publication: that of the last period that is known, its sum over twelve months, or its growth.
///
/// ## Formula
/// ```
/// value   v_p of the figure of this name, p the period that ends last of those published by then
/// ttm     v_p + v_{p-1} + ...                 over the periods of twelve months (trailing twelve months)
///         v_p + v_{last year} - v_{p of last year}        where periods are reported as year to date
/// yoy     v_p / v_{p of the year before} - 1
/// ```
///
/// | | |
/// |---|---|
/// | Input | `value`, name, period and publication of a figure |
/// | Output | unit of the figure; a fraction for `yoy` |
/// | Parameters | `item`: the figure's name, as its source writes it (`eps`, `net_income`); `as`: `value`, `ttm`, `yoy`; `reported`: what a period covers, for `ttm`: `quarter`, `half`, `year`, `year_to_date` (mainland statements) |
/// | Warm-up | 1 figure of the name; those of a year for `ttm`, one more for `yoy` |
/// | Cost | O(1) time, nine periods of memory |
/// | Undefined | at figures of other names; for `value` at one about an earlier period than is known already: nothing new is known there; for `ttm` and `yoy` where a period they need is not known, for `yoy` where it is not positive |
///
/// An input of a pipeline carries the value from its publication on, with its age. A figure that is published again for the
/// same period replaces it. Periods of two years belong together within 20 days, since fiscal quarters end on a weekday.
/// Checked against: pandas (`merge_asof` over the publications; rolling sums and shifts of the periods known at each), equal.
public struct FigureValue: Indicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "figure", "The newest value of one figure, its sum over twelve months or its growth, from its publication on.",
        unit: "unit of the figure",
        [
            .text("item", isRequired: true, "Name of the figure: eps, revenue, net_income ..."),
            ConfigurationOption(
                "as", .choice(Form.allCases.map(\.rawValue)), default: .text(Form.value.rawValue),
                "value: of the newest period; ttm: sum over twelve months; yoy: growth over the year before."),
            ConfigurationOption(
                "reported", .choice(FigureSpan.allCases.map(\.rawValue)), default: .text(FigureSpan.quarter.rawValue),
                "What one period covers, for ttm; year_to_date as in mainland statements."),
        ]
    ).reading(.figure)

    /// What is given of a figure.
    enum Form: String, Sendable, CaseIterable { case value, ttm, yoy }

    private let name: FigureName
    private let form: Form
    private let span: FigureSpan
    private var periods = FigurePeriods()
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
        form = Form(rawValue: try configuration.text("as")) ?? .value
        span = FigureSpan(rawValue: try configuration.text("reported")) ?? .quarter
    }

    private static let allowed = "allowed are 1 to 24 letters, digits and _, lower case, a letter first."

    /// One figure of the name; for sums and growth as many as follow each other without a gap.
    public var warmUpLength: Int {
        switch form {
        case .value: 1
        case .ttm: span == .yearToDate ? 1 : span.count
        case .yoy: span.count + 1
        }
    }

    /// Takes a figure of its name about the newest period or a later one, for sums and growth about an earlier one too; refuses
    /// all others.
    public mutating func update(_ figure: Figure, into row: OutputRow) -> Bool {
        guard figure.name == name, figure.value.isFinite, form != .value || figure.periodEnd >= periodEnd,
            periods.take(figure.value, endingAt: figure.periodEnd)
        else {
            row.clear()
            return false
        }
        periodEnd = max(periodEnd, figure.periodEnd)
        row[0] =
            switch form {
            case .value: figure.value
            case .ttm: periods.trailingYear(span)
            case .yoy: periods.growth
            }
        return true
    }

    /// Writes the periods that are known.
    public func save(to writer: inout StateWriter) {
        writer.write(Int(periodEnd))
        periods.save(to: &writer)
    }

    /// Reads the periods that are known.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var (copy, rest) = (self, reader)
        copy.periodEnd = Int64(try rest.readInt())
        try copy.periods.restore(from: &rest)
        (self, reader) = (copy, rest)
    }
}
