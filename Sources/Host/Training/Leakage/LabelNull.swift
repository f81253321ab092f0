import PluginKit

/// What a correlation with labels is worth by chance: labels change places in blocks of event times, and are correlated again.
///
/// Labels of neighbouring event times hang together, those over a horizon share bars: so whole blocks move, each at least as
/// long as the horizon. A row whose instrument has no label at the other time is left out of that draw.
struct LabelNull {
    /// A correlation beside those of the draws.
    struct Finding {
        /// Rank correlation of what was given with the labels.
        let value: Double
        /// Mean and standard deviation over the draws.
        let mean: Double
        let deviation: Double
        /// Share of draws at least as far from 0, the given one among them.
        let pValue: Double
        /// Distance from the mean in standard deviations.
        var distance: Double { abs(value - mean) / deviation }
    }

    /// A label and where it stands.
    struct Row {
        let time: Int64
        let instrument: InstrumentID
        let label: Double
    }

    static let draws = 200
    private let rows: [Row]
    /// For each row its event time and its instrument, numbered.
    private let times: [Int]
    private let slots: [Int]
    private let timeCount: Int
    /// Rows by instrument and time, -1 where there is none.
    private let table: [Int32]
    private let block: Int
    private let seed: UInt64

    /// Takes rows in ascending event time; `nil` where there are too few event times for eight blocks.
    init?(_ rows: [Row], horizon: Int, seed: UInt64) {
        var (times, slots, numbers) = ([Int](), [Int](), [InstrumentID: Int]())
        for (place, row) in rows.enumerated() {
            times.append(place == 0 ? 0 : (times[place - 1] + (row.time == rows[place - 1].time ? 0 : 1)))
            let slot = numbers[row.instrument] ?? numbers.count
            numbers[row.instrument] = slot
            slots.append(slot)
        }
        let count = (times.last ?? -1) + 1
        var block = max(1, horizon)
        while block * block * block < count { block += 1 }
        guard count >= 8 * block else { return nil }
        var table = Array(repeating: Int32(-1), count: numbers.count * count)
        for place in rows.indices { table[slots[place] * count + times[place]] = Int32(place) }
        (self.rows, self.times, self.slots, self.timeCount) = (rows, times, slots, count)
        (self.table, self.block, self.seed) = (table, block, seed)
    }

    /// For each row the one whose label it gets in a draw, or -1.
    private func drawn(_ random: inout SplitMix) -> [Int32] {
        var blocks = Array(0..<(timeCount + block - 1) / block)
        for place in blocks.indices.dropFirst().reversed() { blocks.swapAt(place, random.next(below: place + 1)) }
        let sources = blocks.flatMap { $0 * block..<min(timeCount, ($0 + 1) * block) }
        return rows.indices.map { table[slots[$0] * timeCount + sources[times[$0]]] }
    }

    /// Labels of one draw, NaN where there is none.
    func shuffled() -> [Double] {
        var random = SplitMix(state: seed ^ 0xB10C)
        return drawn(&random).map { $0 < 0 ? .nan : rows[Int($0)].label }
    }

    /// Correlates numbers, one a row, with the labels; `nil` where a side does not vary.
    func test(_ given: [Double]) -> Finding? {
        let (left, right) = (Self.centred(given), Self.centred(rows.map(\.label)))
        guard let value = PredictionMetrics.pearson(left, right) else { return nil }
        var random = SplitMix(state: seed)
        var found: [Double] = []
        for _ in 0..<Self.draws {
            var (both, lefts, rights) = (0.0, 0.0, 0.0)
            for (place, source) in drawn(&random).enumerated() where source >= 0 {
                let (x, y) = (left[place], right[Int(source)])
                both += x * y
                lefts += x * x
                rights += y * y
            }
            let scale = (lefts * rights).squareRoot()
            found.append(scale > 0 ? both / scale : 0)
        }
        let mean = found.mean
        let deviation = (found.map { ($0 - mean) * ($0 - mean) }.mean).squareRoot()
        guard deviation > 0 else { return nil }
        let beyond = found.count { abs($0) >= abs(value) }
        return Finding(
            value: value, mean: mean, deviation: deviation, pValue: Double(1 + beyond) / Double(1 + Self.draws))
    }

    private static func centred(_ values: [Double]) -> [Double] {
        let ranks = PredictionMetrics.ranks(values)
        let mean = ranks.mean
        return ranks.map { $0 - mean }
    }
}
