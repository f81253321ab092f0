import HostCore
import PluginKit

/// A repeatable source of random numbers (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

let day: Int64 = 86_400_000_000_000
let daily = Timeframe(1, .day)

func id(_ number: Int) -> InstrumentID { InstrumentID(rawValue: UInt32(number)) }

/// A good bar of an instrument at a day.
func bar(_ instrument: Int, _ dayNumber: Int, close: Double = 10, volume: Double = 100) -> Bar {
    Bar(
        time: Int64(dayNumber) * day, open: close, high: close + 1, low: close / 2, close: close, volume: volume,
        instrument: id(instrument))
}

/// Random walks of several instruments, interleaved by day; every instrument misses some days.
func walks(instruments: Int, days: Int, seed: UInt64) -> [Bar] {
    var random = Seeded(seed)
    var closes = Array(repeating: 100.0, count: instruments)
    var bars: [Bar] = []
    for dayNumber in 1...days {
        for instrument in (0..<instruments).shuffled(using: &random) where Int.random(in: 0..<10, using: &random) > 0 {
            closes[instrument] *= Double.random(in: 0.97...1.03, using: &random)
            bars.append(bar(instrument, dayNumber, close: closes[instrument], volume: Double(dayNumber)))
        }
    }
    return bars
}

/// Puts bars that must be refused between others; about one in `rate`.
func spoiled(_ bars: [Bar], rate: Int, seed: UInt64) -> [Bar] {
    var random = Seeded(seed)
    var all: [Bar] = []
    for bar in bars {
        if Int.random(in: 0..<rate, using: &random) == 0 {
            var bad = bar
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bad.high = bad.low / 2
            case 1: bad.close = .nan
            case 2: bad.time -= 400 * day
            default: bad.volume = -1
            }
            all.append(bad)
        }
        all.append(bar)
    }
    return all
}

/// Cuts bars into deliveries of random sizes, some empty.
func deliveries(_ bars: [Bar], sizes: ClosedRange<Int>, seed: UInt64) -> [Delivery] {
    var random = Seeded(seed)
    var all: [Delivery] = []
    var start = 0
    while start < bars.count {
        let end = min(bars.count, start + Int.random(in: sizes, using: &random))
        all.append(delivery(Array(bars[start..<end]), all.count + 1))
        start = end
    }
    return all
}

func delivery(_ bars: [Bar], _ number: Int, defects: [Defect] = []) -> Delivery {
    Delivery(batch: .bars(bars), position: StreamPosition("\(number)"), defects: defects)
}

/// One row of a record as a sink saw it.
struct SeenRow: Hashable, Sendable {
    var kind: RecordKind
    var instrument: InstrumentID?
    var time: Int64
    var flags: UInt32 = 0
    /// Bit patterns of its numbers.
    var bits: [UInt64] = []
}

extension RecordBatch {
    /// The rows as plain values.
    var seenRows: [SeenRow] {
        let table = table
        return (0..<table.count).map { row in
            var seen = SeenRow(kind: kind, instrument: table.instrument(row), time: table.time(row))
            for column in table.ownColumns {
                switch column.cells {
                case .real(let get) where kind != .features: seen.bits.append(get(row).bitPattern)
                case .flags(let get): seen.flags = get(row).rawValue
                case .reals(let names, let get): seen.bits += names.indices.map { get(row, $0).bitPattern }
                case .time, .integer, .real, .text, .word, .instrument: break
                }
            }
            return seen
        }
    }
}
