public import PluginKit

/// A formula over bars, written in the configuration and composed of the indicators of this page.
///
/// ## Formula
/// ```
/// open high low close volume amount typical median weighted average        numbers of the bar
/// sma(close, 20)    atr(14)    sma(rsi(close, 14), period=5)                any indicator of this page but sets of them
/// macd(12, 26, 9).histogram                                                an output of an indicator that has several
/// + - * /    < <= > >= == !=    and or not    where(close > open, 1, 0)
/// abs ceil exp floor log log10 sign sqrt max min pow                       element by element
/// acos asin atan cos cosh sin sinh tan tanh                                of and in radians
/// ref(x, n) = lag    stddev = standard_deviation    sum = rolling_sum    mean = sma    corr = correlation
/// fast = ema(12); slow = ema(26); (fast - slow) / slow                     names for parts, used as often as needed
/// up = max(x, 0); down = max(-x, 0)                                        all named: each is an output
/// ```
///
/// | | |
/// |---|---|
/// | Input | what the formula names; `close` by default |
/// | Output | that of the formula; a condition gives 1 or 0 |
/// | Parameters | `expr`: the formula, at most 8192 bytes |
/// | Warm-up | derived: the longest of what the formula needs, where sources of sources add up |
/// | Cost | that of the indicators, each computed once however often it is written, and O(1) for each sign |
/// | Undefined | where a part has no value, and where arithmetic has none: a division by 0, a root or logarithm of a negative number |
///
/// Values are given by place or by name: first the source, where an indicator has one, then the other options in the order
/// of this page. A source is a field or any formula, but where the indicator reads other numbers of the bar beside it; then
/// it is a field. A part that cannot use a number (see its own page) leaves that bar out. Nothing reads ahead: `ref` takes
/// 0 and more, so a formula that looks into the future cannot be written.
///
/// Checked against: its indicators composed by hand, equal to the bit, and the formula computed with numpy and pandas,
/// relative tolerance 1e-9.
public struct Expression: Indicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "expression", "A formula over bars, composed of the other indicators.",
        [
            .text(
                "expr", default: "(close - sma(close, 20)) / stddev(close, 20)",
                "The formula; statements are parted by ';'.")
        ])

    /// Finds what is wrong with the formula, and where.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let text = try? configuration.text("expr") else { return [] }
        do throws(ExpressionFault) {
            _ = try ExpressionCompiler(text)
            return []
        } catch { return [ConfigurationFault(option: "expr", at: error.range, error.message(in: text))] }
    }

    /// One column `value`, or one for each name where all statements have one.
    public static func outputs(_ configuration: Configuration) -> [OutputColumn] {
        guard let text = try? configuration.text("expr"), let compiled = try? ExpressionCompiler(text) else {
            return descriptor.outputs
        }
        return compiled.outputs.map { OutputColumn($0.name, unit: "", $0.text) }
    }

    /// The most bars that are computed at once: bounds the memory of a run.
    private static let longestRun = 256

    private var program: ExpressionProgram
    private let columns: [Int]
    /// Bars accepted so far, counted up to the warm-up.
    private var seen = 0
    /// How many bars it needs before the first value.
    public let warmUpLength: Int

    /// Compiles the formula and builds its indicators.
    public init(_ configuration: Configuration) throws(PluginError) {
        let text = try configuration.text("expr")
        do throws(ExpressionFault) {
            let compiled = try ExpressionCompiler(text)
            program = compiled.program
            columns = compiled.outputs.map(\.column)
        } catch {
            throw PluginError(
                .configuration,
                "\(configuration.instance): 'expr', \(error.message(in: text)) Set it in plugins.yaml.")
        }
        var longest = 1
        for column in columns { longest = max(longest, program.warmUpLength(of: column)) }
        warmUpLength = longest
    }

    /// Takes one bar and writes every output; returns whether the bar was accepted.
    public mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        guard program.takes(bar) else {
            row.clear()
            return false
        }
        withUnsafePointer(to: bar) { bar in
            compute(UnsafeBufferPointer(start: bar, count: 1)) { _ in row }
        }
        return true
    }

    /// Takes a run of bars of one instrument; row i belongs to bar i.
    public mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        run.withUnsafeBufferPointer { bars in
            var start = 0
            while start < bars.count {
                var end = start
                while end < bars.count, end - start < Self.longestRun, program.takes(bars[end]) { end += 1 }
                if end == start {
                    rows[start].clear()
                    start += 1
                } else {
                    compute(UnsafeBufferPointer(rebasing: bars[start..<end])) { rows[start + $0] }
                    start = end
                }
            }
        }
    }

    private mutating func compute(_ bars: UnsafeBufferPointer<Bar>, _ row: (Int) -> OutputRow) {
        let (seen, warmUpLength, columns) = (seen, warmUpLength, columns)
        program.run(bars) { computed in
            for index in bars.indices {
                let (from, to) = (computed[index], row(index))
                for (place, column) in columns.enumerated() {
                    to[place] = seen + index + 1 < warmUpLength ? .nan : from[column]
                }
            }
        }
        self.seen = min(seen + bars.count, warmUpLength)
    }

    /// Writes the whole state.
    public func save(to writer: inout StateWriter) {
        writer.write(seen)
        program.save(to: &writer)
    }

    /// Replaces the state by one that `save` wrote with the same options; throws `.corrupted` and keeps the old one else.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var (copy, rest) = (self, reader)
        copy.seen = try rest.readInt(in: 0...warmUpLength)
        try copy.program.restore(from: &rest)
        (self, reader) = (copy, rest)
    }
}
