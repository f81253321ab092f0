import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// What the last rows and errors are beside those of the fit.
@Suite struct DriftTests {
    private static func moves() throws -> [Double] {
        let closes = try RealBars.load().map(\.close)
        return zip(closes.dropFirst(), closes).map { $0 / $1 - 1 }.filter { abs($0) < 0.4 }
    }

    private static func sketch(_ values: [Double], instruments: Int = 1) -> DriftSketch {
        DriftSketch(
            values, features: ["move"], error: values.map(abs).reduce(0, +) / Double(values.count),
            instruments: instruments)
    }

    private static func shift(_ sketch: DriftSketch, _ values: [Double]) throws -> FeatureWindow.Shift {
        var window = FeatureWindow()
        window.add(values.map { sketch.step(0, $0) }, sketch)
        return try #require(window.shifts.first)
    }

    @Test func theSameRowsAreNoShiftAndOthersAre() throws {
        let moves = Array(try Self.moves().suffix(1_000))
        let sketch = Self.sketch(moves)
        let same = try Self.shift(sketch, moves)
        #expect(same.feature == "move" && same.psi < 1e-12 && same.ks < 1e-12)
        let wider = try Self.shift(sketch, moves.map { 3 * $0 })
        #expect(wider.psi > 0.25 && wider.ks > 0.1)
        // All above the highest: nine tenths of the distribution stand on the other side.
        let away = try Self.shift(sketch, moves.map { _ in 1 })
        #expect(abs(away.ks - 0.9) < 0.01 && away.psi > 5)
    }

    @Test func theLastThousandRowsCount() throws {
        let moves = Array(try Self.moves().prefix(1_000))
        let sketch = Self.sketch(moves)
        var window = FeatureWindow()
        window.add(Array(repeating: sketch.step(0, 1), count: 249), sketch)
        #expect(window.shifts.isEmpty)
        window.add(moves.map { sketch.step(0, $0) }, sketch)
        #expect(window.count == 1_000 && (window.shifts.first?.psi ?? 1) < 1e-12)
        let other = Self.sketch(moves.map { $0 + 1 })
        window.add([0], other)
        #expect(window.count == 1 && window.shifts.isEmpty)
    }

    @Test func aValueThatIsFrequentIsNoShift() throws {
        let volumes = (0..<600).map { Double($0 % 3) }
        #expect(try Self.shift(Self.sketch(volumes), volumes).psi < 1e-12)
    }

    /// Daily moves of 26 A-shares beside those of 2010-2013: quiet years are quiet, the break of June 2015 is told within days.
    @Test(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
    func theBreakOf2015IsToldAndQuietYearsAreNot() throws {
        let days = try Self.shares()
        let calm = days.filter { $0.day < 20_140_101 }.flatMap(\.moves)
        let sketch = Self.sketch(calm, instruments: 26)
        var (watch, window, alarms, shifted) = (ErrorWatch(), FeatureWindow(), [Int](), [Int]())
        for day in days {
            let before = watch.alarms
            for move in day.moves { watch.add(move, beside: sketch) }
            window.add(day.moves.map { sketch.step(0, $0) }, sketch)
            if watch.alarms > before { alarms.append(day.day) }
            if (window.shifts.first?.psi ?? 0) > 0.25 { shifted.append(day.day) }
        }
        let years = Dictionary(grouping: alarms) { $0 / 10_000 }.mapValues(\.count)
        let told = alarms.first { $0 > 20_150_612 } ?? .max
        let delay = days.count { $0.day > 20_150_612 && $0.day <= told }
        let quiet = days.count { $0.day < 20_140_101 }
        print("error alarms by year: \(years.sorted { $0.key < $1.key })")
        print("alarms in \(quiet) quiet days of 2010-2013: \(alarms.count { $0 < 20_140_101 })")
        print("first alarm after the top of 2015-06-12: \(told), \(delay) days later")
        print("days with PSI above 0.25 by year: \(Dictionary(grouping: shifted) { $0 / 10_000 }.mapValues(\.count))")
        #expect(alarms.allSatisfy { $0 > 20_140_101 } && delay <= 10, "\(alarms)")
        #expect(shifted.contains { $0 / 10_000 == 2015 })
    }

    /// Moves of all shares by day, ascending.
    private static func shares() throws -> [(day: Int, moves: [Double])] {
        var days: [Int: [Double]] = [:]
        let folder = "../shared/data/market/qbot_a_share_daily"
        for name in Repository.names(in: folder) where name.hasSuffix(".csv") {
            let lines = try Repository.text("\(folder)/\(name)").split(separator: "\n")
            let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
                .compactMap { cells in Int(cells[2]).flatMap { day in Double(cells[6]).map { (day, $0) } } }
                .sorted { $0.0 < $1.0 }
            for (row, before) in zip(rows.dropFirst(), rows) {
                let move = row.1 / before.1 - 1
                if abs(move) < 0.5 { days[row.0, default: []].append(move) }
            }
        }
        return days.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
