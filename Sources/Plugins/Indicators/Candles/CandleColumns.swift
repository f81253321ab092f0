import PluginKit
import RollingStatistics

/// Bars as columns with the ones before them, and beside each what was usual before it.
///
/// All is a function of the last bars and of nothing older: there is no sum that could drift, and any chunking gives the
/// same bits. The columns are scratch memory; what stays from run to run is the last `history` bars, in the lent memory.
struct CandleColumns {
    /// What a pattern can need beside prices.
    struct Measures: OptionSet {
        let rawValue: Int
        static let body = Measures(rawValue: 1)
        static let span = Measures(rawValue: 2)
        static let shortSpan = Measures(rawValue: 4)
        static let shadow = Measures(rawValue: 8)
        static let hikkake = Measures(rawValue: 16)
        static let modified: Measures = [Measures(rawValue: 32), .shortSpan]
    }

    /// Bars before the first: five of a pattern less one, and ten that means are taken over.
    static let history = 14
    /// Open, high, low, close, four means, two breaks, one to compute in, and the sign of the body.
    static let count = 12
    /// Numbers that stay between runs.
    static let kept = 4 * history

    private let base: UnsafeMutablePointer<Double>
    private let stride: Int

    /// Creates columns over memory for `count` of them.
    init(_ numbers: NumberColumn) {
        stride = numbers.count / Self.count
        precondition(stride > Self.history, "there is room for the bars before and for one more")
        base = numbers.baseAddress.unsafelyUnwrapped
    }

    /// Bars that fit.
    var capacity: Int { stride - Self.history }

    /// The last columns: breaks, and scratch.
    var hikkake: NumberColumn { column(8) }
    var modified: NumberColumn { column(9) }
    var scratch: NumberColumn { column(10) }

    /// The bars up to one of those that were loaded.
    @inline(__always)
    func window(_ index: Int) -> CandleWindow {
        CandleWindow(place: UnsafePointer(base + (Self.history &+ index)), stride: stride)
    }

    /// Takes bars after the kept ones; returns whether all prices are usable.
    @inline(__always)
    func load(_ block: BarBlock<some BarSource>, after memory: borrowing MutableSpan<Double>) -> Bool {
        for index in 0..<Self.kept {
            base[index / Self.history &* stride &+ index % Self.history] = memory[index]
        }
        let (open, high) = (block.copy(to: column(0)) { $0.open }, block.copy(to: column(1)) { $0.high })
        let (low, close) = (block.copy(to: column(2)) { $0.low }, block.copy(to: column(3)) { $0.close })
        return open && high && low && close
    }

    /// Keeps the last bars.
    func save(_ count: Int, to memory: inout MutableSpan<Double>) {
        for index in 0..<Self.kept {
            memory[index] = base[index / Self.history &* stride &+ index % Self.history &+ count]
        }
    }

    /// Computes the means that patterns need.
    func measure(_ measures: Measures, _ count: Int) {
        let (opens, closes, signs) = (base, base + 3 &* stride, base + 11 &* stride)
        for place in 0..<(Self.history + count) { signs[place] = closes[place] >= opens[place] ? 1 : -1 }
        if measures.contains(.body) { mean(4, count) { $0.body } }
        if measures.contains(.shadow) { mean(7, count) { $0.upper + $0.lower } }
        guard !measures.isDisjoint(with: [.span, .shortSpan]) else { return }
        mean(5, count) { $0.span }
        guard measures.contains(.shortSpan) else { return }
        let (spans, means) = (base + 10 &* stride, base + 6 &* stride)
        for place in 10..<(Self.history + count) {
            let last = spans + place
            means[place] = ((last[-5] + last[-4]) + (last[-3] + last[-2]) + last[-1]) / 5
        }
    }

    /// Means over the ten bars before each, from the tenth on.
    @inline(__always)
    private func mean(_ column: Int, _ count: Int, of value: (Candle) -> Double) {
        let (values, means) = (base + 10 &* stride, base + column &* stride)
        for place in 0..<(Self.history + count) { values[place] = value(Candle(base + place, stride: stride)) }
        for place in 10..<(Self.history + count) {
            let last = values + place
            let older = (last[-10] + last[-9]) + (last[-8] + last[-7])
            let newer = (last[-6] + last[-5]) + (last[-4] + last[-3])
            means[place] = (older + newer + (last[-2] + last[-1])) / 10
        }
    }

    /// The places of a column from the first loaded bar on.
    private func column(_ number: Int) -> NumberColumn {
        NumberColumn(start: base + (number &* stride &+ Self.history), count: capacity)
    }
}
