import PluginKit
import RollingStatistics

/// Mean of a field of the last bars, weighted with volume.
struct VolumeWeightedCore: BarCore {
    var values: RollingSum
    var volumes: RollingSum
    let source: BarField

    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        values = RollingSum(period: try options.period(), in: &layout)
        volumes = RollingSum(period: values.period, in: &layout)
        source = try BarField(options)
    }

    var warmUpLength: Int { values.period }

    @inline(__always)
    mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
        let value = source.value(of: bar) * bar.volume
        guard value.isUsable, bar.hasUsableVolume else { return false }
        let total = values.push(value, &memory)
        row[0] = (total / volumes.push(bar.volume, &memory)).orUndefined
        return true
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try values.code(&state)
        try volumes.code(&state)
    }
}
