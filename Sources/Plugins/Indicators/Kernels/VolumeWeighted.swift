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

    mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
        bars.forEachBlock { block in
            withTwoColumns { money, traded in
                guard source.copy(block, to: money), block.copyVolume(traded),
                    multiply(money, by: traded, block.count)
                else { return stepThrough(block, &memory, into: rows, from: block.start) }
                let (money, traded) = (money.part(0..<block.count), traded.part(0..<block.count))
                values.run(money, &memory, into: money)
                volumes.run(traded, &memory, into: traded)
                for index in money.indices { money[index] = (money[index] / traded[index]).orUndefined }
                rows.write(money, to: 0, from: block.start)
            }
        }
    }

    /// Multiplies numbers in place; returns whether a kernel can take all of them.
    private func multiply(_ numbers: NumberColumn, by factors: NumberColumn, _ count: Int) -> Bool {
        var unusable = 0
        for index in 0..<count {
            numbers[index] *= factors[index]
            unusable |= numbers[index].isUsable ? 0 : 1
        }
        return unusable == 0
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try values.code(&state)
        try volumes.code(&state)
    }
}
