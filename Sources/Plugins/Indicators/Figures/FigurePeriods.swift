import CivilTime
import PluginKit
import RollingStatistics

/// What a source's periods cover: for which span the number of one stands.
enum FigureSpan: String, Sendable, CaseIterable {
    case quarter, half, year
    /// From the first of January on, as mainland companies report.
    case yearToDate = "year_to_date"

    /// How many reports there are in a year.
    var count: Int {
        switch self {
        case .quarter, .yearToDate: 4
        case .half: 2
        case .year: 1
        }
    }
}

/// The values of one figure by the end of the period they are about, the newest ones.
struct FigurePeriods: Sendable {
    /// Two years of quarters and one more.
    private static let most = 9
    private static let day: Int64 = 86_400_000_000_000
    /// Fiscal quarters end on a weekday near the end of a month: the same of another year is never further off.
    private static let tolerance = 20 * day

    /// Ends of periods in nanoseconds since the Unix epoch, ascending.
    private var ends: [Int64] = []
    private var values: [Double] = []

    /// Takes a value; one about a period that is known replaces it. Returns whether the period is among the newest.
    mutating func take(_ value: Double, endingAt end: Int64) -> Bool {
        let place = ends.firstIndex { $0 >= end } ?? ends.count
        if place < ends.count, ends[place] == end {
            values[place] = value
            return true
        }
        guard place > 0 || ends.count < Self.most else { return false }
        ends.insert(end, at: place)
        values.insert(value, at: place)
        if ends.count > Self.most {
            ends.removeFirst()
            values.removeFirst()
        }
        return true
    }

    /// The value of the newest period; NaN where there is none.
    var newest: Double { values.last ?? .nan }

    /// The sum over the twelve months that end with the newest period; NaN where a period of them is not known.
    func trailingYear(_ span: FigureSpan) -> Double {
        guard let end = ends.last else { return .nan }
        guard span == .yearToDate else {
            return (0..<span.count).reduce(0) { $0 + value(before: end, months: $1 * 12 / span.count) }.orUndefined
        }
        let days = (end - 1).flooredDivision(by: Self.day).quotient
        let date = CivilDate(daysSinceEpoch: days)
        guard date.month < 12 else { return newest }
        return (newest + value(before: end, months: date.month) - value(before: end, months: 12)).orUndefined
    }

    /// By how much the newest period exceeds the same of the year before, as a fraction of that; NaN where that is not known or
    /// not positive.
    var growth: Double {
        guard let end = ends.last else { return .nan }
        let before = value(before: end, months: 12)
        return before > 0 ? (newest / before - 1).orUndefined : .nan
    }

    /// The value of the period that ended some months before another; NaN where it is not known.
    private func value(before end: Int64, months: Int) -> Double {
        let wanted = end - Int64(Double(months) * 30.436875 * Double(Self.day))
        guard let place = ends.indices.min(by: { abs(ends[$0] - wanted) < abs(ends[$1] - wanted) }),
            abs(ends[place] - wanted) <= Self.tolerance
        else { return .nan }
        return values[place]
    }

    func save(to writer: inout StateWriter) {
        writer.write(ends.count)
        writer.write(ends.map(Int.init))
        writer.write(values)
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        let count = try reader.readInt(in: 0...Self.most)
        ends = try reader.readInts(count: count).map(Int64.init)
        values = try reader.readDoubles(count: count)
    }
}
