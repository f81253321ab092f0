public import PluginKit
import RollingStatistics

/// Qlib's Alpha360: the last 60 bars themselves, prices over the close of this one and volumes over its volume.
///
/// ## Formula
/// ```
/// close<k>, open<k>, high<k>, low<k>, vwap<k> = price_(t-k) / close_t        volume<k> = volume_(t-k) / (volume_t + 1e-12)
/// k = 59 ... 0        vwap: the typical price
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | no unit |
/// | Parameters | none |
/// | Warm-up | 60 bars; what is older has no weight |
/// | Cost | O(360) time a bar; 360 numbers of memory |
/// | Undefined | a close of 0: NaN |
///
/// Qlib reads the volume-weighted price from its data. Source: Microsoft Qlib, `qlib/contrib/data/loader.py`
/// (`Alpha360DL`). Checked against: an independent computation of Qlib's expressions with pandas, relative tolerance 1e-9.
public struct Alpha360: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "alpha360", "Qlib's Alpha360: the last 60 bars over this one.",
        outputs: fields.flatMap { field in
            (0..<length).reversed().map {
                OutputColumn("\(field)\($0)", unit: "no unit", "Alpha360's \(field.uppercased())\($0).")
            }
        })

    private static let fields = ["close", "open", "high", "low", "vwap", "volume"]
    private static let length = 60

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var rings: [6 of Ring]

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            rings = .init(repeating: Ring(period: Alpha360.length, in: &layout))
            for index in rings.indices.dropFirst() { rings[index] = Ring(period: Alpha360.length, in: &layout) }
        }

        var warmUpLength: Int { Alpha360.length }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange, bar.open.isUsable, bar.hasUsableVolume else { return false }
            let values: [6 of Double] = [bar.close, bar.open, bar.high, bar.low, bar.typical, bar.volume]
            for field in rings.indices { _ = rings[field].push(values[field], &memory) }
            guard rings[0].isFull else {
                row.clear()
                return true
            }
            for field in rings.indices {
                let divisor = field == 5 ? bar.volume + 1e-12 : bar.close
                for index in 0..<Alpha360.length {
                    row[field * Alpha360.length + index] = (rings[field].value(index, memory) / divisor).orUndefined
                }
            }
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            for index in rings.indices { try rings[index].code(&state) }
        }
    }
}
