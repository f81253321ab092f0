import HostCore
import PluginKit

/// The windows of a set's rows: what stood beside each bar and those before it, as `FeatureWindows` gives it live.
///
/// Windows overlap, so rows are held once; a window is the `steps` rows that end with its own.
struct RowWindows: Sendable {
    /// Bars a window holds.
    let steps: Int
    /// Numbers a bar.
    let width: Int
    /// Rows of bars that have every value, instrument after instrument; row-major.
    private let values: [Double]
    /// For each window its last row.
    private let ends: [Int]

    /// Finds the windows that end with each of the bars; nothing for a bar that has none.
    static func ends(
        _ data: TrainingData, _ columns: [TrainingData.Column], steps: Int
    ) -> (
        values: [Double], ends: [Int?]
    ) {
        var (values, ends): ([Double], [Int?]) = ([], [])
        var (run, instrument): (Int, InstrumentID?) = (0, nil)
        for (place, bar) in data.bars.enumerated() {
            if bar.instrument != instrument || bar.flags.contains(.newLevel) { run = 0 }
            instrument = bar.instrument
            guard columns.allSatisfy({ $0[place].isFinite }) else {
                run = 0
                ends.append(nil)
                continue
            }
            run += 1
            for column in columns { values.append(column[place]) }
            ends.append(run >= steps ? values.count / max(1, columns.count) - 1 : nil)
        }
        return (values, ends)
    }

    init(steps: Int, width: Int, values: [Double], ends: [Int]) {
        (self.steps, self.width, self.values, self.ends) = (steps, width, values, ends)
    }

    /// The windows at some positions.
    func part(_ positions: [Int]) -> RowWindows {
        RowWindows(steps: steps, width: width, values: values, ends: positions.map { ends[$0] })
    }

    /// The numbers of some windows, one after the other.
    func input(_ positions: some Collection<Int>) -> [Double] {
        var input: [Double] = []
        input.reserveCapacity(positions.count * steps * width)
        for position in positions {
            input += values[(ends[position] + 1 - steps) * width..<(ends[position] + 1) * width]
        }
        return input
    }

    /// The rows that some windows are made of and no others, with where each window begins.
    func rows(_ positions: [Int]) -> (values: [Double], starts: [Int]) {
        var isUsed = Array(repeating: false, count: width == 0 ? 0 : values.count / width)
        for position in positions { for row in ends[position] + 1 - steps...ends[position] { isUsed[row] = true } }
        var (kept, places): ([Double], [Int]) = ([], Array(repeating: -1, count: isUsed.count))
        for row in isUsed.indices where isUsed[row] {
            places[row] = kept.count / width
            kept += values[row * width..<(row + 1) * width]
        }
        return (kept, positions.map { places[ends[$0] + 1 - steps] })
    }
}
