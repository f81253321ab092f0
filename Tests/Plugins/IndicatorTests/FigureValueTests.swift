import CivilTime
import Indicators
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

@Suite struct FigureValueTests {
    private static let day: Int64 = 86_400_000_000_000

    private static func configuration(
        _ item: String, as form: String = "value", reported: String = "quarter"
    ) -> Configuration {
        Configuration(
            instance: "indicator/eps",
            values: ["item": .text(item), "as": .text(form), "reported": .text(reported)])
    }

    /// Figures that become public 30 days after the period they are about.
    private static func reports(_ reported: [(end: String, value: Double)]) throws -> [Figure] {
        try reported.map { report in
            let parts = report.end.split(separator: "-").compactMap { Int($0) }
            let end = try #require(CivilDate(year: parts[0], month: parts[1], day: parts[2])).daysSinceEpoch + 1
            return try figure(end + 30, end, report.value)
        }
    }

    private static func figure(
        _ published: Int64, _ end: Int64, _ value: Double, _ name: String = "eps"
    ) throws -> Figure {
        Figure(
            time: published * day, periodEnd: end * day, value: value, name: try #require(FigureName(name)),
            instrument: InstrumentID(rawValue: 0))
    }

    private static func values(
        _ figures: [Figure], as form: String = "value", reported: String = "quarter"
    ) throws -> [Double] {
        var subject = try FigureValue(configuration("eps", as: form, reported: reported))
        var rows = [Double](repeating: 0, count: figures.count)
        rows.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            subject.update(figures.span, into: FeatureRows(base: base, count: figures.count, width: 1, stride: 1))
        }
        return rows
    }

    @Test(arguments: ["value", "ttm", "yoy"]) func keepsTheContract(form: String) throws {
        let figures = try RealBars.load()[..<120].enumerated().map { place, bar in
            Figure(
                time: bar.time, periodEnd: Int64(place) * 91 * Self.day, value: bar.close, name: .unnamed,
                instrument: bar.instrument)
        }
        let findings = IndicatorConformance<FigureValue>(
            FigureValue.descriptor, outputs: FigureValue.descriptor.outputs, events: figures
        ) { () throws(PluginError) in try FigureValue(Self.configuration("unnamed", as: form)) }.findings()
        #expect(findings == [])
    }

    @Test func figuresOfOtherNamesSayNothing() throws {
        let values = try Self.values([
            Self.figure(1, 0, 5), Self.figure(2, 0, 9, "revenue"), Self.figure(3, 0, 6),
        ])
        #expect(values[0] == 5 && values[1].isNaN && values[2] == 6)
    }

    /// A period that is reported late, after the next one, is old news; the same period again is a restatement.
    @Test func theNewestPeriodCounts() throws {
        let values = try Self.values([
            Self.figure(10, 4, 5), Self.figure(11, 2, 9), Self.figure(12, 4, 5.5), Self.figure(20, 8, 6),
        ])
        #expect(values[0] == 5 && values[1].isNaN && values[2] == 5.5 && values[3] == 6)
    }

    /// Fiscal quarters that end on Saturdays; diluted earnings a share of Apple, fiscal 2022 and 2023.
    @Test func sumsTheQuartersOfTwelveMonths() throws {
        let figures = try Self.reports([
            ("2021-12-25", 2.10), ("2022-03-26", 1.52), ("2022-06-25", 1.20), ("2022-09-24", 1.29),
            ("2022-12-31", 1.88), ("2023-04-01", 1.52),
        ])
        let sums = try Self.values(figures, as: "ttm")
        #expect(sums[..<3].allSatisfy { $0.isNaN })
        #expect(sums[3...].map { ($0 * 100).rounded() } == [611, 589, 589])
        let growth = try Self.values(figures, as: "yoy")
        #expect(growth[..<4].allSatisfy { $0.isNaN })
        #expect(growth[4] == 1.88 / 2.10 - 1 && growth[5] == 0)
    }

    /// A mainland statement counts from the first of January on: 5 + 20 - 4 are the twelve months to March.
    @Test func sumsWhatIsReportedAsYearToDate() throws {
        let figures = try Self.reports([
            ("2022-03-31", 4), ("2022-06-30", 9), ("2022-09-30", 14), ("2022-12-31", 20), ("2023-03-31", 5),
        ])
        let sums = try Self.values(figures, as: "ttm", reported: "year_to_date")
        #expect(sums[..<3].allSatisfy { $0.isNaN } && Array(sums[3...]) == [20, 21])
    }

    /// Of several reports at one instant the order means nothing: the last says the same.
    @Test func anEarlierPeriodThatComesLateCounts() throws {
        let figures = try Self.reports([
            ("2022-03-31", 1), ("2022-06-30", 2), ("2022-12-31", 4), ("2022-09-30", 3),
        ])
        #expect(try Self.values(figures, as: "ttm").last == 10)
        let lost = try Self.reports([("2022-03-31", -1), ("2023-03-31", 2)])
        #expect(try Self.values(lost, as: "yoy").allSatisfy { $0.isNaN })
    }

    @Test func refusesANameThatNoFigureHas() {
        let configuration = Self.configuration("Net income")
        #expect(FigureValue.validate(configuration).map(\.option) == ["item"])
        let error = #expect(throws: PluginError.self) { try FigureValue(configuration) }
        #expect(error?.message.hasPrefix("indicator/eps: 'item' is 'Net income'; allowed are 1 to 24 letters") == true)
    }
}
