import PluginKit

/// Knows what a pipeline took of a provider's stream, so that what comes again after a new start is left out.
///
/// A stream begins again after the last acknowledged position, or at its beginning where the provider knows no positions;
/// what was taken since is then sent once more. For each instrument everything up to its last taken bar is left out, until
/// one comes that is newer. Defects are recognised by their content, each as often as it was taken.
struct TakenEvents {
    /// Defects remembered at most.
    private static let limit = 16_384

    private var last: [Bar?]
    private var isBehind: [Bool]
    private var behind = 0
    private var defects: [Int: Int] = [:]
    private var expected: [Int: Int] = [:]

    /// Creates one for instrument numbers below a count.
    init(instruments count: Int) {
        last = Array(repeating: nil, count: count)
        isBehind = Array(repeating: false, count: count)
    }

    /// Notes that the stream begins again.
    mutating func beginAgain() {
        for slot in last.indices { isBehind[slot] = last[slot] != nil }
        behind = isBehind.count { $0 }
        expected = defects
    }

    /// Whether anything may come again.
    var expectsRepeats: Bool { behind > 0 || !expected.isEmpty }

    /// Returns the bars that were not taken before.
    mutating func fresh(_ bars: [Bar]) -> [Bar] {
        guard behind > 0 else { return bars }
        return bars.filter { isFresh($0) }
    }

    /// Returns the defects that were not taken before.
    mutating func fresh(_ defects: [Defect]) -> [Defect] {
        guard !expected.isEmpty else { return defects }
        return defects.filter { defect in
            guard let count = expected[defect.hashValue] else { return true }
            expected[defect.hashValue] = count > 1 ? count - 1 : nil
            return false
        }
    }

    /// Notes what a partition took; a bar after `latest` is one the quality stage refuses, and nothing comes before it.
    mutating func note(_ bars: [Bar], _ defects: [Defect], through latest: Int64) {
        for bar in bars where bar.time <= latest {
            let slot = Int(bar.instrument.rawValue)
            if slot < last.count, bar.time >= last[slot]?.time ?? .min { last[slot] = bar }
        }
        for defect in defects where self.defects.count < Self.limit { self.defects[defect.hashValue, default: 0] += 1 }
    }

    private mutating func isFresh(_ bar: Bar) -> Bool {
        let slot = Int(bar.instrument.rawValue)
        guard slot < last.count, isBehind[slot], let known = last[slot] else { return true }
        if bar.time < known.time || bar.isSame(as: known) { return false }
        if bar.time > known.time {
            isBehind[slot] = false
            behind -= 1
        }
        return true
    }
}

extension Bar {
    /// Whether another bar has the same event time and bit by bit the same numbers.
    fileprivate func isSame(as other: Bar) -> Bool {
        time == other.time && open.bitPattern == other.open.bitPattern && high.bitPattern == other.high.bitPattern
            && low.bitPattern == other.low.bitPattern && close.bitPattern == other.close.bitPattern
            && volume.bitPattern == other.volume.bitPattern
    }
}
