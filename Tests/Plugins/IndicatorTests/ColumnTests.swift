import Indicators
import PluginKit
import TestSupport
import Testing

/// Bars as columns, bars in a row and one bar after the other give the same bits.
@Suite struct ColumnTests {
    /// Real bars, some of which no indicator over prices or volume takes.
    private static func bars() throws -> [Bar] {
        var bars = Array(try RealBars.load()[..<700])
        for (place, path) in [(3, \Bar.close), (200, \.high), (201, \.volume), (460, \.open)] {
            bars[place][keyPath: path] = .nan
        }
        return bars
    }

    @Test(arguments: SubjectOptions.all.filter { (try? Subjects.make($0.name)) is any ColumnIndicator })
    func columnsGiveWhatBarsGive(subject: SubjectOptions) throws {
        let bars = try Self.bars()
        let plugin = try Subjects.plugin(subject.name)
        let width = plugin.outputs(subject.configuration).count
        var byRun = try Subjects.make(plugin, subject.configuration, Bar.self)
        var byBar = byRun
        let fresh = try #require(byRun as? any ColumnIndicator)
        let expected = bits(Subjects.feed(bars, to: &byRun, width: width))
        #expect(bits(columns(bars, fresh, width)) == expected)
        #expect(bits(bars.map { Subjects.feed([$0], to: &byBar, width: width)[0] }) == expected)
    }

    @Test func aPatternAloneIsWhatItIsAmongAll() throws {
        let bars = try Array(RealBars.load()[..<3_000])
        let all = try Subjects.rows("candle_pattern", "", bars)
        let warmUpLength = try Subjects.make("candle_pattern").warmUpLength
        for (place, output) in try Subjects.outputs("candle_pattern").enumerated() {
            let alone = try Subjects.rows("candle_pattern", "pattern=\(output.name)", bars)
            let rows = (warmUpLength - 1)..<bars.count
            #expect(rows.allSatisfy { alone[$0][0] == all[$0][place] }, "\(output.name)")
        }
    }

    /// All NaN are one: which of them it is no consumer can see.
    private func bits(_ rows: [[Double]]) -> [[UInt64]] {
        rows.map { $0.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern } }
    }

    private func columns(_ bars: [Bar], _ fresh: any ColumnIndicator, _ width: Int) -> [[Double]] {
        var indicator = fresh
        var matrix = [Double](repeating: 0, count: bars.count * width)
        let fields: [(Bar) -> Double] = [\.open, \.high, \.low, \.close, \.volume, \.amount]
        let numbers = fields.flatMap(bars.map)
        bars.map(\.time).withUnsafeBufferPointer { times in
            numbers.withUnsafeBufferPointer { numbers in
                matrix.withUnsafeMutableBufferPointer { matrix in
                    guard let time = times.baseAddress, let first = numbers.baseAddress, let base = matrix.baseAddress
                    else { return }
                    let columns = (0..<6).map { first + $0 * bars.count }
                    indicator.update(
                        BarColumns(
                            time: time, open: columns[0], high: columns[1], low: columns[2], close: columns[3],
                            volume: columns[4], amount: columns[5], instrument: bars[0].instrument, count: bars.count),
                        into: FeatureRows(base: base, count: bars.count, width: width, stride: width))
                }
            }
        }
        return bars.indices.map { Array(matrix[($0 * width)..<(($0 + 1) * width)]) }
    }
}
