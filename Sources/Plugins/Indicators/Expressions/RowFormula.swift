public import PluginKit
public import RowColumns

/// A formula over the columns of a row: of indicators, and of the inputs beside the driving one.
///
/// ## Formula
/// ```
/// price / known.eps                                    a column of the input `known`, and the price of the row's event
/// rsi14 > 70 and not up        where(a > b, 1, 0)      operators and functions as in `expression`, those over bars aside
/// debt = known.debt; debt / (debt + known.equity)      names for parts
/// ```
///
/// | | |
/// |---|---|
/// | Input | the columns that the formula names; `price` is the close of the bar |
/// | Output | that of the formula; a condition gives 1 or 0 |
/// | Parameters | `derive`: the formula, at most 8192 bytes |
/// | Warm-up | none of its own: that of the columns |
/// | Cost | O(1) for each sign |
/// | Undefined | where a column has no value (yet, or is older than its `max_age`), and where arithmetic has none |
///
/// It is filled in by the host, once the other columns of the row are there, the same live and for a fit. What it needs of the
/// bars, but the price, is a column of its own: `{ expr: "..." }`. Checked against: numpy over the joined columns, equal.
public struct RowFormula: RowColumn {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "derived", "A formula over the columns of a row, those of inputs beside the bars too.",
        [
            .text(
                "derive", isRequired: true,
                "The formula, such as \"price / known.eps\"; statements are parted by ';'.")
        ])

    /// Finds what is wrong with the formula, and where.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let text = try? configuration.text("derive") else { return [] }
        do throws(ExpressionFault) {
            _ = try compiled(text)
            return []
        } catch { return [ConfigurationFault(option: "derive", at: error.range, error.message(in: text))] }
    }

    private let program: ExpressionProgram
    private let column: Int

    /// Compiles the formula.
    public init(_ configuration: Configuration) throws(PluginError) {
        let text = try configuration.text("derive")
        do throws(ExpressionFault) {
            (program, column) = try Self.compiled(text)
        } catch {
            throw PluginError(
                .configuration,
                "\(configuration.instance): 'derive', \(error.message(in: text)) Set it in plugins.yaml.")
        }
    }

    private static func compiled(_ text: String) throws(ExpressionFault) -> (ExpressionProgram, Int) {
        let compiled = try ExpressionCompiler(text, over: .row)
        guard compiled.outputs.count == 1 else {
            throw ExpressionFault(
                text.utf8.count..<text.utf8.count,
                "it gives \(compiled.outputs.count) values; allowed 1. Let the last statement have no name.")
        }
        return (compiled.program, compiled.outputs[0].column)
    }

    /// The columns it names.
    public var sources: [String] { program.sources }

    /// The formula's value.
    public func value(_ source: (Int) -> Double) -> Double { program.value(of: column, source) }

    /// It needs what its columns need.
    public var warmUpLength: Int { 0 }

    /// Writes no value: that is for who has the other columns of the row.
    public mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        row.clear()
        return true
    }

    /// Has no state.
    public func save(to writer: inout StateWriter) {}

    /// Has no state.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}
