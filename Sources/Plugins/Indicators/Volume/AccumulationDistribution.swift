public import PluginKit
import RollingStatistics

/// Accumulation/distribution line: volume added up by where the close lies in its bar.
///
/// ## Formula
/// ```
/// m_t = ((close_t - low_t) - (high_t - close_t)) / (high_t - low_t)        AD_t = AD_(t-1) + m_t * volume_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | shares; only its changes mean something |
/// | Parameters | none |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `high = low`: m is 0, as TA-Lib; a bar that would make the total infinite is refused |
///
/// Source: M. Chaikin. Checked against: TA-Lib 0.8.1 (`AD`), relative tolerance 1e-9.
public struct AccumulationDistribution: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ad", "Volume added up by where the close lies in its bar.", unit: "shares")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var total = 0.0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let next = total + bar.moneyFlow
            guard bar.hasUsableFlow, next.isUsable else { return false }
            total = next
            row[0] = next
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withColumn { column in
                    let totals = column.part(0..<block.count)
                    guard add(block, into: totals) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    rows.write(totals, to: 0, from: block.start)
                }
            }
        }

        /// Adds the flows of bars and writes the total at each; returns whether none of them is refused, and changes nothing else.
        mutating func add(_ block: BarBlock<some BarSource>, into totals: NumberColumn) -> Bool {
            withColumn { volumes in
                guard block.copyFlow(totals, volumes) else { return false }
                var (sum, unusable) = (total, 0)
                for index in totals.indices {
                    sum += totals[index]
                    totals[index] = sum
                    unusable |= sum.isUsable ? 0 : 1
                }
                if unusable == 0 { total = sum }
                return unusable == 0
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.number(&total) }
    }
}
